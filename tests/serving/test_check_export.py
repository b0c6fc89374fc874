"""An export is compared with its model before it is published."""

import pytest

from keras_sessrec.serving.check_export import check_export


def test_a_true_copy_passes(served, module):
    assert check_export(served.folder, served.model, module) is None


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
