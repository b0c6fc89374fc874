"""What `optimizers.get`, and so `compile(optimizer=)`, takes and refuses."""

import keras
import pytest

from keras_sessrec import optimizers


def test_ours_by_name_object_and_config():
    made = optimizers.get("sparse_adagrad")
    assert type(made) is optimizers.SparseAdagrad and made is optimizers.get(made)
    again = optimizers.get(keras.optimizers.serialize(optimizers.SparseAdagrad(0.2, momentum=0.3)))
    assert type(again) is optimizers.SparseAdagrad and again.momentum == 0.3


def test_keras_names_are_taken():
    assert type(optimizers.get("adam")) is keras.optimizers.Adam


@pytest.mark.parametrize(
    "given",
    ["adagradd", None, 0.1, optimizers.SparseAdagrad, {"class_name": "Nobody", "config": {}}],
)
def test_anything_else_is_refused(given):
    with pytest.raises(
        ValueError, match=r"`optimizer` must be .*SparseAdagrad.*Received: "
    ) as told:
        optimizers.get(given)
    assert len(str(told.value)) < 400
