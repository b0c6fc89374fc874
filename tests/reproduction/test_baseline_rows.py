"""The baselines of a report."""

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.reproduction.baseline_rows import BASELINES


def test_all_baselines_of_the_package_are_there():
    assert {cls.__name__ for cls in BASELINES.values()} == set(ksr.baselines.__all__)


@pytest.mark.parametrize("name", BASELINES)
def test_they_fit_with_their_defaults(name, logs):
    catalog = ksr.Catalog.from_log(logs[0])
    scores = BASELINES[name]().fit(logs[0], catalog).score(np.array([[1, 2]]))
    assert scores.shape == (1, catalog.num_items)
