"""An export is compared with its model before it is published."""

import pytest

import keras_sessrec as ksr
from harness.served import MAX_EVENTS, K
from keras_sessrec.serving.check_export import check_export
from keras_sessrec.serving.recommend_module import RecommendModule


@pytest.fixture(scope="module")
def module(served, tmp_path_factory):
    return RecommendModule(served.model, K, MAX_EVENTS, tmp_path_factory.mktemp("module"))


def test_a_true_copy_passes(served, module):
    assert check_export(served.folder, served.model, module) is None


def test_an_export_of_another_model_does_not(served, module):
    other = ksr.models.GRU4Rec(served.model.catalog, units=[12], tie_embeddings=True, seed=9)
    with pytest.raises(RuntimeError, match="`serving_default` does not answer as"):
        check_export(served.folder, other, module)
