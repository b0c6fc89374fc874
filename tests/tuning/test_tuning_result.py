"""What a search hands over."""

import dataclasses

import pandas as pd
import pytest

import keras_sessrec as ksr


def test_a_result_is_read_only():
    trials = pd.DataFrame({"epochs": [1, 2], "recall_at_20": [0.2, 0.3]})
    result = ksr.tuning.TuningResult(ksr.recipes.get("tan_m1_100"), 0.3, trials)
    assert result.recipe.name == "tan_m1_100"
    assert result.trials["recall_at_20"].max() == result.score
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.score = 1.0


def test_its_frame_may_be_changed():
    trials = pd.DataFrame({"epochs": [1, 2], "recall_at_20": [0.2, 0.3]})
    result = ksr.tuning.TuningResult(ksr.recipes.get("tan_m1_100"), 0.3, trials)
    frame = result.to_frame()
    pd.testing.assert_frame_equal(frame, trials)
    frame["epochs"] = 0
    assert result.trials["epochs"].tolist() == [1, 2]
