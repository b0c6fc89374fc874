"""What `losses.get`, and so `compile(loss=)`, takes and refuses."""

import keras
import numpy as np
import pytest

from keras_sessrec import losses


def softmax_of_scores(y_true, scores):
    return keras.losses.sparse_categorical_crossentropy(y_true, scores, from_logits=True)


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        ("bpr", losses.BPR),
        ("bpr_max", losses.BPRMax),
        ("cosine_distance", losses.CosineDistance),
        ("cross_entropy", losses.CrossEntropy),
        ("distillation", losses.Distillation),
        ("top1", losses.TOP1),
        ("top1_max", losses.TOP1Max),
    ],
)
def test_every_loss_has_a_name(name, cls):
    loss = losses.get(name)
    assert type(loss) is cls and loss.get_config() == cls().get_config()
    assert losses.get(loss) is loss
    again = losses.get(keras.losses.serialize(cls(activation="tanh")))
    assert type(again) is cls and again.activation is keras.activations.tanh


@pytest.mark.parametrize(
    "loss",
    [
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        softmax_of_scores,
    ],
)
def test_losses_of_a_column_and_raw_scores_are_taken_as_they_are(loss):
    assert losses.get(loss) is loss


class OfOnesOwn(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return -keras.ops.take_along_axis(y_pred, y_true[:, None], axis=1)[:, 0]


def test_a_loss_of_ones_own_is_taken():
    loss = OfOnesOwn()
    assert losses.get(loss) is loss


@pytest.mark.parametrize(
    "loss",
    [
        "sparse_categorical_crossentropy",
        keras.losses.sparse_categorical_crossentropy,
        keras.losses.SparseCategoricalCrossentropy(),
        keras.losses.CategoricalCrossentropy(),
    ],
)
def test_probabilities_are_refused_with_what_to_use(loss):
    with pytest.raises(ValueError, match=r"`loss` must take raw scores.*from_logits=True"):
        losses.get(loss)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        ("mse", r"\['bpr', .*Received: 'mse'"),
        ("binary_crossentropy", r"\['bpr'"),
        ("bpr_maxx", "Received: 'bpr_maxx'"),
        (losses.BPR, "an object, not a class"),
        (losses.bpr_max, r"`ksr.losses.BPRMax\(\)`.*function bpr_max"),
        (None, "Received: None"),
        (2048, "Received: 2048"),
        (keras.losses.MeanSquaredError(), "it says: "),
        (keras.losses.CategoricalCrossentropy(from_logits=True), "it says: "),
        (keras.losses.BinaryCrossentropy(from_logits=True), "it says: "),
        (lambda y_true, scores: keras.ops.mean(scores), r"shape \(\) for two rows"),
        (lambda scores: scores, "positional argument"),
        (lambda y_true, scores: scores[:, 0], "does not fall when"),
        (
            lambda y_true, scores: keras.losses.sparse_categorical_crossentropy(y_true, scores),
            "does not fall when",
        ),
        (losses.BPRMax(reduction="sum"), r"BPRMax\(reduction='sum'\)"),
    ],
)
def test_what_is_no_loss_of_a_column_and_scores_is_refused(loss, message):
    with pytest.raises((TypeError, ValueError), match="`loss` ") as raised:
        losses.get(loss)
    assert raised.match(message) and len(str(raised.value)) < 700


def test_trying_a_function_out_leaves_it_alone():
    seen = []

    def loss(y_true, scores):
        seen.append(np.asarray(scores).shape)
        return softmax_of_scores(y_true, scores)

    losses.get(loss)
    assert seen == [(2, 3), (2, 3)]
