"""The public click logs of the papers as TensorFlow Datasets, and what turns them into logs.

The builders themselves are in the packages below, such as `keras_sessrec.datasets.rsc15`; importing
one registers it, so that `tfds.load("rsc15")` finds it. TensorFlow Datasets is imported only then.
"""

from keras_sessrec.datasets.beam_cleaning import clean_with_beam
from keras_sessrec.datasets.loading import load
from keras_sessrec.datasets.records import session_records, to_log

__all__ = ["clean_with_beam", "load", "session_records", "to_log"]
