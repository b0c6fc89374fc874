"""The settings of a pruned search."""

import pytest

import keras_sessrec as ksr
from harness.scorer import log_of


@pytest.mark.parametrize("agreement", [0, 1, -0.5, 99, "0.9", True, None])
def test_an_agreement_that_is_no_share_is_refused(agreement):
    with pytest.raises(ValueError, match="`agreement` must be a share above 0 and below 1"):
        ksr.serving.PrunedSearch(log_of([["tea"]]), agreement=agreement)


def test_sessions_are_a_log():
    with pytest.raises(TypeError, match=r"`sessions` must be a `SessionLog`. Received: list"):
        ksr.serving.PrunedSearch([["tea"]])


def test_it_is_part_of_the_public_names():
    search = ksr.serving.PrunedSearch(log_of([["tea"]]))
    assert search.agreement == 0.99
