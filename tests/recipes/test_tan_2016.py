"""Tan's four models."""

import pytest

from keras_sessrec.recipes.tan_2016 import RECIPES

BY_NAME = {recipe.name: recipe for recipe in RECIPES}


@pytest.mark.parametrize("units", [100, 1000])
def test_the_four_models(units):
    m1, m2, m3, m4 = (BY_NAME[f"tan_m{k}_{units}"] for k in (1, 2, 3, 4))
    assert m1.model[1] == {"units": [units], "embedding_dim": 50, "click_dropout": 0.25}
    assert m1.batches == ("prefixes", {"batch_size": 512, "max_length": 19})
    assert m2.start is m1
    assert [stage.fraction for stage in m2.stages] == [0.25]
    assert m3.loss == ("Distillation", {"weight": 0.2})
    assert m3.teacher.batches == ("prefixes", {**m1.batches[1], "form": "futures"})
    assert (m3.teacher.model, m3.teacher.loss, m3.teacher.early_stopping) == (m1.model, m1.loss, 1)
    assert m4.start is m1
    assert m4.model[0] == "EmbeddingGRU4Rec"
