"""Parallel recurrent networks: one per view of the item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from keras_sessrec.catalog import Catalog
from keras_sessrec.layers import Subnet
from keras_sessrec.models.parallel_gru4rec.fusions import Fusion
from keras_sessrec.models.parallel_gru4rec.network import ParallelGRU4RecNetwork
from keras_sessrec.models.session_recommender import SessionRecommender


@keras.saving.register_keras_serializable(package="keras_sessrec")
class ParallelGRU4Rec(SessionRecommender):
    """Parallel RNNs (p-RNN) of Hidasi et al. (RecSys 2016).

    Every subnet reads the same clicks in a representation of its own - the item's id, its
    image, the words of its title - and a fusion turns their hidden vectors into scores.
    A strategy says which subnets a gradient step trains; the others are left out of the
    gradient computation. With one subnet it is feature-only or id-only; the paper's
    concatenated network is one subnet that reads `layers.Concatenated`.

    An item that has features but was never clicked in training can be read like any other;
    its score is that of an untrained output row.

    Args:
        catalog: `Catalog` with the features that the subnets read.
        subnets: dict from names to `layers.Subnet`, in the order in which strategies count
            them. The first one is the item subnet of the interaction fusion. The model takes
            copies, as `keras.layers.Bidirectional` does: the same objects can describe another.
        fusion: `"parallel"` (default), `"shared"`, `"interaction"` or a `layers.Fusion`.
        subnet_weights: dict from names to float, weights in the sum. Defaults to 1 each.
        seed: int or `None`, of the fusion's initial weights and of sampling.
        **kwargs: As in `keras.Model`.

    Raises:
        ValueError: There is no subnet, a name is unknown, or a fusion that needs equal
            widths gets different ones.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    >>> catalog = ksr.Catalog.from_log(log)
    >>> catalog = catalog.with_features("look", np.eye(40)[:, :8])
    >>> model = ParallelGRU4Rec(
    ...     catalog,
    ...     subnets={
    ...         "item": ksr.layers.Subnet(ksr.layers.OneHotItem(), units=[8]),
    ...         "image": ksr.layers.Subnet(ksr.layers.FeatureTable("look"), units=[8]),
    ...     },
    ... )
    >>> model.compile(strategy="interleaving", negatives=ksr.samplers.Uniform(8))
    >>> history = model.fit(ksr.batches.session_parallel(log, catalog, lanes=8), verbose=0)
    >>> sorted(history.history)
    ['image_loss', 'item_loss', 'loss', 'stage']
    """

    def __init__(
        self,
        catalog: Catalog,
        subnets: Mapping[str, Subnet],
        fusion: str | Fusion = "parallel",
        subnet_weights: Mapping[str, float] | None = None,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(subnets, Mapping) or not subnets:
            raise ValueError(
                "`subnets` must be a dict with at least one `layers.Subnet` by its name. "
                f"Received: {str(subnets)[:200]}."
            )
        for name, subnet in subnets.items():
            if not isinstance(subnet, Subnet):
                raise ValueError(
                    "`subnets` must hold `layers.Subnet` objects. "
                    f"Received: {type(subnet).__name__} as {name!r}."
                )
        weights = {name: float((subnet_weights or {}).get(name, 1.0)) for name in subnets}
        if unknown := set(subnet_weights or {}) - set(subnets):
            raise ValueError(
                f"`subnet_weights` must name subnets, {list(subnets)}. Received: {sorted(unknown)}."
            )
        network = ParallelGRU4RecNetwork(
            catalog, dict(subnets), fusion, weights, seed=seed, dtype=kwargs.get("dtype")
        )
        arguments = {
            "subnets": network.parallel,
            "fusion": network.fusion,
            "subnet_weights": weights,
        }
        super().__init__(catalog, network, arguments, seed=seed, **kwargs)
