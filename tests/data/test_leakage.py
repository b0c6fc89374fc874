import numpy as np
import pytest

from keras_sessrec.data.leakage import assert_no_leak
from keras_sessrec.data.session_log import SessionLog


def log_of(session_ids):
    count = len(session_ids)
    return SessionLog.from_arrays(
        np.arange(count), np.zeros(count, int), np.arange(count), session_ids, np.array([1])
    )


INTS, TEXTS = np.array([5, 6, 7]), np.array(["a", "7", "b"], dtype=object)


def test_distinct_sessions_pass():
    assert_no_leak(log_of(INTS), log_of(np.array([1, 2])))
    assert_no_leak(log_of(TEXTS), log_of(np.array(["c"], dtype=object)))
    assert_no_leak(log_of(INTS), log_of(np.array(["07"], dtype=object)))


@pytest.mark.parametrize(
    ("train", "test", "shared"),
    [(INTS, np.array([1, 6]), "6"), (TEXTS, TEXTS[2:], "'b'"), (TEXTS, INTS, "'7'")],
)
def test_a_shared_session_is_named(train, test, shared):
    with pytest.raises(AssertionError, match=f"1 shared sessions, such as .*{shared}"):
        assert_no_leak(log_of(train), log_of(test))
