"""Click logs: reading, cleaning, splitting, and a synthetic shop."""

from keras_sessrec.data.cleaning import clean
from keras_sessrec.data.cleaning_report import CleaningReport
from keras_sessrec.data.frames import from_frame
from keras_sessrec.data.log_parts import assert_no_leak, keep_known_items, recent_fraction
from keras_sessrec.data.reading import read_clicks
from keras_sessrec.data.session_gaps import sessionize
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.data.shop.shop import SyntheticShop, synthetic_shop
from keras_sessrec.data.splits import (
    sliding_windows,
    split_last_days,
    split_last_sessions,
    split_random_sessions,
)

__all__ = [
    "CleaningReport",
    "SessionLog",
    "SyntheticShop",
    "assert_no_leak",
    "clean",
    "from_frame",
    "keep_known_items",
    "read_clicks",
    "recent_fraction",
    "sessionize",
    "sliding_windows",
    "split_last_days",
    "split_last_sessions",
    "split_random_sessions",
    "synthetic_shop",
]
