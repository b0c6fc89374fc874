"""A recurrent network that predicts the next item's embedding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_sessrec.batches.dataset import check_counts
from keras_sessrec.catalog import Catalog
from keras_sessrec.layers import ClickDropout
from keras_sessrec.layers.recurrent_cells import as_widths
from keras_sessrec.losses import CosineDistance
from keras_sessrec.models.embedding_gru4rec.network import EmbeddingGRU4RecNetwork
from keras_sessrec.models.session_recommender import SessionRecommender
from keras_sessrec.samplers import InBatch


@keras.saving.register_keras_serializable(package="keras_sessrec")
class EmbeddingGRU4Rec(SessionRecommender):
    """Predicts the next item's embedding (Tan, Xu and Liu 2016, section 3.5, model M4).

    The item embeddings e_j come from a model that was trained before; they are fixed. They
    are what the network reads, and its output o is a vector in their space:

        o = W_2 relu(norm(W_1 h + b_1)) + b_2,   r_j = cos(o, e_j)

    h is the GRU's hidden vector, W_1 doubles its width, `norm` is batch normalisation over
    the rows that have a target. So nothing in the model grows with units times items: it is
    smaller than a `GRU4Rec` and scores the catalog faster, and it can be no better than the
    embeddings are. Best are those of a model with `tie_embeddings=True`, which scores by them:
    Recall@20 is 0.685 with them and 0.608 with those that a model only reads
    (RSC15's last 1/64; `benchmarks/stages.py`, `benchmarks/tan.py`).

    The paper says neither how wide the dense layer is, nor its activation, nor where the
    normalisation stands. Twice the units fit both parameter counts of its table 2; the
    activation after the normalisation (Ioffe and Szegedy, 2015) is our choice.

    Args:
        catalog: `Catalog`.
        embeddings: float `[N, D]`, row j for item j + 1; or a trained model that has
            `item_embeddings` and a catalog of the same items, such as
            `GRU4Rec(catalog, tie_embeddings=True)`.
        units: Sequence of int, widths of the recurrent layers. Defaults to `(100,)`.
        dense_activation: str or callable, of the dense layer. Defaults to `"relu"`.
        click_dropout: float in [0, 1) or `layers.ClickDropout`, share of whole clicks that are
            not read in training (the paper: 0.25). Defaults to 0.
        seed: int or `None`, of initial weights and sampling.
        **kwargs: As in `keras.Model`.

    Raises:
        ValueError: `embeddings` have another shape or are not finite, or their model has
            other items or no embeddings.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> catalog = ksr.Catalog.from_log(log)
    >>> batches = ksr.batches.session_parallel(log, catalog, lanes=8)
    >>> trained = ksr.models.GRU4Rec(catalog, units=[16], embedding_dim=8, seed=1)
    >>> trained.compile(negatives=ksr.samplers.Uniform(8))
    >>> history = trained.fit(batches, verbose=0)
    >>> model = EmbeddingGRU4Rec(catalog, trained, units=[16], seed=1)
    >>> model.compile("adam")
    >>> history = model.fit(batches, verbose=0)
    >>> len(model.recommend([log.item_ids[:2]], k=3)[0])
    3
    """

    default_loss = CosineDistance
    default_negatives = InBatch  # the loss has none

    def __init__(
        self,
        catalog: Catalog,
        embeddings: Any,
        units: Sequence[int] | int = (100,),
        dense_activation: Any = "relu",
        click_dropout: float | ClickDropout = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        if isinstance(embeddings, SessionRecommender):
            embeddings = _embeddings_of(embeddings, catalog)
        embeddings = np.asarray(embeddings)
        if embeddings.ndim != 2:
            raise ValueError(
                "`embeddings` must be an array [items, dim] or a trained model. "
                f"Received: shape {embeddings.shape}."
            )
        arguments = {
            "units": as_widths("units", units),
            "dense_activation": dense_activation,
            "click_dropout": click_dropout,
        }
        network = EmbeddingGRU4RecNetwork(
            catalog, embeddings, **arguments, seed=seed, dtype=kwargs.get("dtype")
        )
        arguments["embedding_dim"] = embeddings.shape[1]
        super().__init__(catalog, network, arguments, seed=seed, **kwargs)

    @classmethod
    def deserialized(cls, config: dict[str, Any]) -> dict[str, Any]:
        """Makes objects of what `get_config` has serialized, and embeddings that are all zero.

        `keras.models.load_model` then loads them with the other weights.
        """
        config = super().deserialized(config)
        dim = config.pop("embedding_dim")
        check_counts(embedding_dim=dim)
        shape = (config["catalog"].num_items, dim)
        return {**config, "embeddings": np.broadcast_to(np.float32(0), shape)}


def _embeddings_of(trained: Any, catalog: Catalog) -> np.ndarray:
    """The embeddings of a trained model with the same items."""
    if not hasattr(type(trained), "item_embeddings"):
        raise ValueError(
            "`embeddings` must come from a model with `item_embeddings`, such as a `GRU4Rec`. "
            f"Received: {type(trained).__name__}."
        )
    if not np.array_equal(trained.catalog.item_ids, catalog.item_ids):
        raise ValueError(
            "`embeddings` must come from a model of the same items in the same order. "
            f"Received: a model of {trained.catalog!r} for {catalog!r}. Give an array instead."
        )
    return trained.item_embeddings
