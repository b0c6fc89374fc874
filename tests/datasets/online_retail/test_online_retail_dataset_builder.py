import csv
from datetime import UTC, datetime

import pytest

from harness import dataset
from keras_sessrec.datasets.online_retail import Builder

DAY = 86_400


class TestOnlineRetail(dataset.LogBuilderTestCase):
    DATASET_CLASS = Builder
    SPLITS = {"train": 15, "test": 7}  # noqa: RUF012
    # No checksum of the file is published: the build counts its lines instead.
    SKIP_CHECKSUMS = True
    DL_DOWNLOAD_RESULT = "data.csv"


def baskets_by_hand():
    """Invoice number to its (product, time), each product once, in the order of the lines."""
    baskets, times = {}, {}
    with dataset.dummy_file(Builder).open() as lines:
        for row in csv.DictReader(lines):
            invoice, product = row["InvoiceNo"], row["StockCode"].upper()
            if not (invoice.isdigit() and product[:5].isdigit() and int(row["Quantity"]) > 0):
                continue
            time = datetime.strptime(row["InvoiceDate"], "%m/%d/%Y %H:%M").replace(tzinfo=UTC)
            times[int(invoice)] = min(time.timestamp(), times.get(int(invoice), 1e12))
            basket = baskets.setdefault(int(invoice), [])
            if product not in basket:
                basket.append(product)
    return {
        invoice: [(product, times[invoice]) for product in basket]
        for invoice, basket in baskets.items()
    }


def test_the_last_two_weeks_are_the_test(tmp_path):
    baskets = dataset.without_short_and_rare(baskets_by_hand())
    cut = max(events[-1][1] for events in baskets.values()) - 14 * DAY
    train = {s: events for s, events in baskets.items() if events[-1][1] <= cut}
    test = {s: events for s, events in baskets.items() if events[-1][1] > cut}
    logs = dataset.build(Builder, tmp_path)
    assert dataset.sessions_of(logs["train"]) == train
    assert dataset.sessions_of(logs["test"]) == dataset.with_items_of(test, train)


def test_what_is_no_sale_is_left_out(tmp_path):
    logs = dataset.build(Builder, tmp_path)
    products = set(logs["train"].item_ids) | set(logs["test"].item_ids)
    assert products == {"30001A", "30001B", "30002", "30003", "30004"}
    assert logs["train"].item_ids.dtype == object


def test_invented_data_have_not_the_published_counts(tmp_path):
    with pytest.raises(ValueError, match=r"data\.csv: the published 541,909 events"):
        dataset.build(Builder, tmp_path, check_counts=True)
