"""The authors' weight initialisation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sessrec.ops.seeds import draw_seed, new_rng
from keras_sessrec.ops.weight_memory import take_weights


@keras.saving.register_keras_serializable(package="keras_sessrec")
class BlockUniform(keras.initializers.Initializer):
    """Draws every block of columns from its own U(-x, x), x = sqrt(6 / (rows + columns)).

    GRU4Rec initialises each gate's matrix by its own size before the matrices are
    laid side by side. Keras' Glorot initialiser would see one wide matrix and start
    with weights up to 1.7 times smaller.

    All large matrices of the package are drawn here, so here it is asked whether there is memory
    for them (`ops.weight_memory`): a file's configuration can ask for anything.

    Args:
        columns: Sequence of int, widths of the blocks; must add up to the width of
            the matrix. `None` (default) takes the whole matrix as one block.
        rows: int or `None`. Number of rows to put in the formula, where it is not
            the matrix' own (the padding row of an item table does not count).
        seed: int or `None` (default: drawn anew).

    Raises:
        ValueError: The matrix is larger than the memory.

    Example:

    >>> kernel = BlockUniform(columns=[4, 4, 4], seed=0)((8, 12))
    >>> bool(keras.ops.max(keras.ops.abs(kernel)) <= (6 / (8 + 4)) ** 0.5)
    True
    """

    def __init__(
        self,
        columns: Sequence[int] | None = None,
        rows: int | None = None,
        seed: int | None = None,
    ) -> None:
        self.columns = None if columns is None else list(columns)
        self.rows = rows
        self.seed = draw_seed(new_rng(None)) if seed is None else seed

    def __call__(self, shape: Sequence[int], dtype: str | None = None) -> Any:
        columns = self.columns or [shape[-1]]
        if sum(columns) != shape[-1]:
            raise ValueError(
                f"`columns` must add up to the width of the matrix, {shape[-1]}. "
                f"Received: columns={columns}."
            )
        take_weights(shape)
        rows = self.rows or shape[0]
        limits = np.concatenate([np.full(c, np.sqrt(6.0 / (rows + c))) for c in columns])
        unit = keras.random.uniform(shape, -1.0, 1.0, dtype=dtype, seed=self.seed)
        return unit * ops.cast(limits, unit.dtype)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {"columns": self.columns, "rows": self.rows, "seed": self.seed}
