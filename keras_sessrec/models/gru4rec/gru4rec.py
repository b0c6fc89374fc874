"""GRU4Rec: session-based recommendation with a recurrent network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_sessrec.catalog import Catalog
from keras_sessrec.layers import ClickDropout, EmbeddedItem
from keras_sessrec.layers.recurrent_cells import as_widths
from keras_sessrec.models.gru4rec.network import GRU4RecNetwork
from keras_sessrec.models.session_recommender import SessionRecommender


@keras.saving.register_keras_serializable(package="keras_sessrec")
class GRU4Rec(SessionRecommender):
    """Session-based recommender of Hidasi et al. (ICLR 2016) and its later extensions.

    A recurrent network reads the clicks of a session one by one; its hidden vector h
    after each click scores every item j for the next one, r_j = h . w_j + b_j. Train it
    with `keras_sessrec.batches.session_parallel` batches, a ranking loss and sampled
    negatives (`compile(loss=, negatives=)`).

    The input is one of four: the last item as a 1-of-N vector (default, a row lookup),
    an embedding of its own (`embedding_dim`), the output's vectors (`tie_embeddings`, the
    authors' usual best), or the discounted sum of all events so far (`input_discount`).

    Args:
        catalog: `Catalog`.
        units: Sequence of int, or one int, widths of the recurrent layers. Defaults to `(100,)`.
        tie_embeddings: bool. Whether the output's item vectors are the input embedding
            too. Defaults to `False`.
        embedding_dim: int or `None` (default), size of a separate input embedding.
        input_discount: float in (0, 1] or `None` (default), see `layers.DiscountedItems`.
        input_window: int, how many last clicks the discounted sum is over, or `None` (default)
            for as many as matter, 16 to 200; see `layers.DiscountedItems`. Needs
            `input_discount`.
        cell: `"gru"` (default), `"lstm"` or `"rnn"`.
        activation: str or callable of the recurrent layers. Defaults to `"tanh"`.
        reset_after: bool. Whether the GRU applies the reset gate after the matrix product,
            as the authors' PyTorch port does, instead of before it, as their paper and
            Theano code do; see `layers.GRUCell`. Defaults to `False`.
        embedding_dropout: float in [0, 1), on the input embedding. Defaults to 0.
        hidden_dropout: float in [0, 1), on every layer's hidden vector as it is carried.
            Defaults to 0.
        click_dropout: float in [0, 1) or `layers.ClickDropout`, share of whole clicks that are
            not read in training (Tan et al. 2016: 0.25). Defaults to 0.
        skip_input: bool. Whether deeper recurrent layers read the item too. Defaults to
            `False`.
        dense_units: Sequence of int, widths of feed-forward layers (tanh) between the
            last recurrent layer and the output. Defaults to none.
        normalize: bool. Whether hidden and item vectors are divided by their lengths before they
            are multiplied, those of a tied input too; see `layers.ItemScorer`. Defaults to `False`.
        score_scale: float, what that product is multiplied by. Defaults to 16.
        seed: int or `None`, of initial weights, dropout and sampling.
        **kwargs: As in `keras.Model`.

    Raises:
        ValueError: More than one input is chosen, or a size or rate is out of range.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> catalog = ksr.Catalog.from_log(log)
    >>> model = GRU4Rec(catalog, units=[16], tie_embeddings=True, seed=1)
    >>> model.compile(loss=ksr.losses.BPRMax(), negatives=ksr.samplers.Uniform(8))
    >>> history = model.fit(ksr.batches.session_parallel(log, catalog, lanes=8), verbose=0)
    >>> len(model.recommend([log.item_ids[:2]], k=3)[0])
    3
    """

    def __init__(
        self,
        catalog: Catalog,
        units: Sequence[int] | int = (100,),
        tie_embeddings: bool = False,
        embedding_dim: int | None = None,
        input_discount: float | None = None,
        input_window: int | None = None,
        cell: str = "gru",
        activation: str = "tanh",
        reset_after: bool = False,
        embedding_dropout: float = 0.0,
        hidden_dropout: float = 0.0,
        click_dropout: float | ClickDropout = 0.0,
        skip_input: bool = False,
        dense_units: Sequence[int] | int = (),
        normalize: bool = False,
        score_scale: float = 16.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        arguments: dict[str, Any] = {
            "units": as_widths("units", units),
            "tie_embeddings": tie_embeddings,
            "embedding_dim": embedding_dim,
            "input_discount": input_discount,
            "input_window": input_window,
            "cell": cell,
            "activation": activation,
            "reset_after": reset_after,
            "embedding_dropout": embedding_dropout,
            "hidden_dropout": hidden_dropout,
            "click_dropout": click_dropout,
            "skip_input": skip_input,
            "dense_units": as_widths("dense_units", dense_units, least=0),
            "normalize": normalize,
            "score_scale": score_scale,
        }
        network = GRU4RecNetwork(catalog, **arguments, seed=seed, dtype=kwargs.get("dtype"))
        super().__init__(catalog, network, arguments, seed=seed, **kwargs)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> GRU4Rec:
        """Makes a model from what `get_config` returned."""
        if config.get("input_discount") is not None and "input_window" not in config:
            config = {**config, "input_window": 16}  # saved when all windows were
        return super().from_config(config)

    @property
    def item_embeddings(self) -> np.ndarray:
        """float32 `[N, dim]`, the embeddings that are read, row j for item j + 1.

        Raises:
            ValueError: The model reads items without embedding them.
        """
        reader = self.network.subnet.representation
        if not isinstance(reader, EmbeddedItem):
            raise ValueError(
                "`item_embeddings` needs a model with `embedding_dim` or `tie_embeddings`. "
                f"Received: a model that reads {type(reader).__name__}."
            )
        items = np.arange(1, self.catalog.num_items + 1)
        return np.asarray(reader.vectors(items), np.float32)
