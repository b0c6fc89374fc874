"""From click logs to batches: reading, cleaning, splitting, batching, and a synthetic shop."""

from keras_sessrec.data.cleaning import clean
from keras_sessrec.data.cleaning_report import CleaningReport
from keras_sessrec.data.from_frame import from_frame
from keras_sessrec.data.leakage import assert_no_leak
from keras_sessrec.data.prefixes import prefixes
from keras_sessrec.data.read_clicks import read_clicks
from keras_sessrec.data.recent import recent_fraction
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.data.session_parallel import session_parallel
from keras_sessrec.data.sessionize import sessionize
from keras_sessrec.data.splits import (
    keep_known_items,
    sliding_windows,
    split_last_days,
    split_last_sessions,
    split_random_sessions,
)
from keras_sessrec.data.synthetic_shop import SyntheticShop, synthetic_shop
from keras_sessrec.data.whole_sessions import whole_sessions

__all__ = [
    "CleaningReport",
    "SessionLog",
    "SyntheticShop",
    "assert_no_leak",
    "clean",
    "from_frame",
    "keep_known_items",
    "prefixes",
    "read_clicks",
    "recent_fraction",
    "session_parallel",
    "sessionize",
    "sliding_windows",
    "split_last_days",
    "split_last_sessions",
    "split_random_sessions",
    "synthetic_shop",
    "whole_sessions",
]
