"""An export is compared with its model before it is published."""

import pytest

import keras_sessrec as ksr
from keras_sessrec.serving.check_export import check_export
from keras_sessrec.serving.recommend_module import RecommendModule


def test_a_true_copy_passes(served, module):
    assert check_export(served.folder, served.model, module) is None


def test_a_pruned_search_is_compared_by_the_scores_of_what_it_answers(pruned, tmp_path):
    search = ksr.serving.PrunedSearch(pruned.log, agreement=0.9)
    module = RecommendModule(pruned.model, 20, 12, tmp_path, search=search)
    assert check_export(pruned.folder, pruned.model, module) is None
    bias = pruned.model.network.scorer.bias
    before = bias.numpy()
    bias.assign(before + 1)
    try:
        with pytest.raises(RuntimeError, match=r"differ by up to (1|0\.99)"):
            check_export(pruned.folder, pruned.model, module)
    finally:
        bias.assign(before)


def test_an_export_of_other_weights_does_not(served, module):
    bias = served.model.network.scorer.bias
    before = bias.numpy()
    bias.assign(before + 1)
    try:
        with pytest.raises(
            RuntimeError, match=r"`serving_default` does not answer as.*differ by up to 1"
        ):
            check_export(served.folder, served.model, module)
    finally:
        bias.assign(before)
