"""The weights of a model in a table."""

from __future__ import annotations

import math

import keras


def weight_table(model: keras.Model) -> str:
    """Lists name, shape and number of each of a model's weights, the large ones of the items too.

    Args:
        model: Model that was built.

    Returns:
        str of several lines, without one at the end.

    Example:

    >>> keras.utils.clear_session()  # numbers names anew
    >>> model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"]), units=[4], seed=1)
    >>> print(weight_table(model))
    weight                            shape    numbers  trained
    item_scorer/table                 (3, 4)        12  yes
    item_scorer/bias                  (3,)           3  yes
    subnet/one_hot_item/table         (3, 12)       36  yes
    subnet/gru_cell/gate_kernel       (4, 8)        32  yes
    subnet/gru_cell/candidate_kernel  (4, 4)        16  yes
    subnet/gru_cell/bias              (12,)         12  yes
    """
    prefix = f"{model.name}/"
    rows = [["weight", "shape", "numbers", "trained"]]
    trained = {id(weight) for weight in model.trainable_weights}
    for weight in model.weights:
        shape = tuple(int(size) for size in weight.shape)
        is_trained = "yes" if id(weight) in trained else "no"
        rows.append(
            [weight.path.removeprefix(prefix), str(shape), f"{math.prod(shape):,}", is_trained]
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        f"{name:{widths[0]}}  {shape:{widths[1]}}  {numbers:>{widths[2]}}  {trained}"
        for name, shape, numbers, trained in rows
    )
