"""TensorFlow Datasets builder of Online Retail."""

from __future__ import annotations

from typing import ClassVar

import pandas as pd
import tensorflow_datasets as tfds

from keras_sessrec.data.cleaning import clean
from keras_sessrec.data.frames import from_frame
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.data.splits import split_last_days
from keras_sessrec.datasets.log_builder import LogBuilder, LogCounts, read_table

_URL = "https://archive.ics.uci.edu/static/public/352/data.csv"
_TEST_DAYS = 14


class Builder(LogBuilder):
    """Online Retail: invoices of a British gift shop, a basket each, in the order of its lines.

    No clicks, but free to use and with product titles. Kept are lines of sold products: an
    invoice number of six digits (cancellations and corrections have a letter), a stock code that
    begins with five digits (postage and fees do not), a positive quantity. Of a product's lines
    in one invoice the first is kept; then baskets of one product and products in fewer than
    five baskets are dropped. The last 14 days are the test. No paper publishes this split.
    """

    HOMEPAGE = "https://archive.ics.uci.edu/dataset/352/online+retail"
    ITEM_ID = str
    PUBLISHED: ClassVar[dict[str, LogCounts]] = {"data.csv": LogCounts(events=541_909)}

    def _read(self, dl_manager: tfds.download.DownloadManager) -> dict[str, SessionLog]:
        types = {"InvoiceNo": "str", "StockCode": "str", "Quantity": "int64", "InvoiceDate": "str"}
        lines = read_table(dl_manager.download(_URL), types)
        self._check("data.csv", LogCounts(len(lines)))
        log, _ = clean(_baskets(lines), drop_duplicates=True)
        train, test = split_last_days(log, days=_TEST_DAYS)
        return {"train": train, "test": test}


def _baskets(lines: pd.DataFrame) -> SessionLog:
    is_sale = lines["InvoiceNo"].str.fullmatch(r"\d{6}") & (lines["Quantity"] > 0)
    sales = lines[is_sale & lines["StockCode"].str.match(r"\d{5}")]
    times = pd.to_datetime(sales["InvoiceDate"], format="%m/%d/%Y %H:%M")
    # An invoice is one basket, whenever its lines were entered; "85123a" is "85123A".
    sales = sales.assign(
        InvoiceDate=times.groupby(sales["InvoiceNo"]).transform("min"),
        StockCode=sales["StockCode"].str.upper(),
    )
    return from_frame(
        sales, session_column="InvoiceNo", item_column="StockCode", time_column="InvoiceDate"
    )
