import keras
import numpy as np
import pytest

from keras_sessrec import losses
from keras_sessrec.losses.ranking_loss import RankingLoss, row_losses, split_columns


def test_split_columns():
    scores = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "float32")
    positive, negative = split_columns([2, 0], scores, np.array([[True, False, False]]))
    np.testing.assert_array_equal(positive, [[3.0], [4.0]])
    # Column 2 is masked for all: it stays row 0's positive and is nobody's negative.
    np.testing.assert_array_equal(negative, [[True, False, False], [False, False, False]])


def test_split_columns_without_mask():
    _, negative = split_columns([1], np.zeros((1, 3), "float32"))
    np.testing.assert_array_equal(negative, [[True, False, True]])


def test_child_must_say_what_a_row_costs():
    with pytest.raises(NotImplementedError, match="`RankingLoss` must override `per_row`"):
        RankingLoss()(np.array([0]), np.zeros((1, 2), "float32"))


def test_unknown_activation_is_refused():
    with pytest.raises(ValueError, match="no_such_activation"):
        losses.TOP1(activation="no_such_activation")
    with pytest.raises(ValueError, match=r"`activation` must be .*Received: the class ELU"):
        losses.TOP1(activation=keras.layers.ELU)


@pytest.mark.parametrize("activation", ["tanh", keras.activations.tanh, keras.layers.ELU(0.5)])
def test_activation_is_applied_by_the_loss(activation):
    scores = np.array([[0.5, -1.0, 2.0]], "float32")
    function = keras.activations.get(activation) if isinstance(activation, str) else activation
    want = losses.BPR().per_row([0], np.asarray(function(scores)))
    got = losses.BPR(activation=activation).per_row([0], scores)
    np.testing.assert_allclose(got, want, rtol=1e-6)


@pytest.mark.parametrize("activation", [None, "tanh", keras.layers.ELU(0.5)])
def test_c23_activation_survives_in_a_saved_model(activation, tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6)])
    model.compile("sgd", losses.TOP1Max(activation=activation))
    inputs = np.random.default_rng(0).normal(size=(3, 4)).astype("float32")
    want = model.evaluate(inputs, np.arange(3), verbose=0)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert isinstance(again.loss, losses.TOP1Max)
    assert again.evaluate(inputs, np.arange(3), verbose=0) == pytest.approx(want, rel=1e-6)


@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (losses.BPR, "bpr"),
        (losses.BPRMax, "bpr_max"),
        (losses.CosineDistance, "cosine_distance"),
        (losses.CrossEntropy, "cross_entropy"),
        (losses.Distillation, "distillation"),
        (losses.TOP1, "top1"),
        (losses.TOP1Max, "top1_max"),
    ],
)
def test_default_names(cls, name):
    assert cls().name == name and cls().reduction == "sum_over_batch_size"
    assert cls(name="other").name == "other"
    assert cls().needs_negatives == (cls is not losses.CosineDistance)


@pytest.mark.parametrize(
    "cls", [losses.BPR, losses.TOP1, losses.TOP1Max, losses.BPRMax, losses.CrossEntropy]
)
def test_mixed_precision_scores_are_lifted_to_float32(cls):
    # A Keras loss reads columns and scores in its own dtype, which stays float32.
    scores = np.random.default_rng(0).normal(size=(2, 3000)).astype("float16")
    columns = np.array([2999, 2998])
    want = cls()(columns, scores.astype("float32"))
    np.testing.assert_allclose(cls()(columns, scores), want, rtol=1e-6)


# === Rows of our losses and of others, with columns left out ===

SCORES = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")
COLUMNS = np.array([0, 4, 2], "int32")
VALID = np.array([[True, False, True, True, False]])


def by_hand(row, column):
    """Cross-entropy over the valid columns and the positive."""
    kept = [j for j in range(5) if VALID[0, j] or j == column]
    return np.log(np.exp(row[kept].astype("float64")).sum()) - row[column]


def test_keras_loss_leaves_the_same_columns_out_as_ours():
    expected = [by_hand(row, column) for row, column in zip(SCORES, COLUMNS, strict=True)]
    keras_loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def function(y_true, scores):
        return keras.losses.sparse_categorical_crossentropy(y_true, scores, from_logits=True)

    for loss in (losses.CrossEntropy(), keras_loss, function):
        np.testing.assert_allclose(row_losses(loss, COLUMNS, SCORES, VALID), expected, rtol=1e-5)


def test_without_a_mask_all_columns_count():
    pairs = np.log1p(np.exp(SCORES - SCORES[np.arange(3), COLUMNS][:, None]))
    pairs[np.arange(3), COLUMNS] = 0
    np.testing.assert_allclose(
        row_losses(losses.BPR(), COLUMNS, SCORES), pairs.sum(1) / 4, rtol=1e-5
    )
