"""Parallel recurrent networks: one per view of the item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
from keras import ops

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.layers import Subnet
from keras_sessrec.models.parallel_gru4rec.fusions import (
    Fusion,
    InteractionFusion,
    ParallelFusion,
    SharedFusion,
)
from keras_sessrec.models.session_recommender import SessionRecommender
from keras_sessrec.optimizers import SparseAdagrad
from keras_sessrec.training import Strategy, Update
from keras_sessrec.training.strategies import get_strategy

FUSIONS = {
    "parallel": ParallelFusion,
    "shared": SharedFusion,
    "interaction": InteractionFusion,
}


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
            them. The first one is the item subnet of the interaction fusion.
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
        super().__init__(catalog, seed=seed, **kwargs)
        if not subnets:
            raise ValueError(f"`subnets` must name at least one subnet. Received: {subnets!r}.")
        unknown = set(subnet_weights or {}) - set(subnets)
        if unknown:
            raise ValueError(
                f"`subnet_weights` must name subnets, {list(subnets)}. Received: {sorted(unknown)}."
            )
        if isinstance(fusion, str):
            if fusion not in FUSIONS:
                raise ValueError(
                    f"`fusion` must be a `Fusion` or one of {list(FUSIONS)}. "
                    f"Received: fusion={fusion!r}."
                )
            fusion = FUSIONS[fusion](seed=self._draw_seed(), dtype=self.dtype_policy)
        self.subnet_names = list(subnets)
        self.subnets = list(subnets.values())
        self.subnet_weights = {n: float((subnet_weights or {}).get(n, 1.0)) for n in subnets}
        self.fusion = fusion
        for subnet in self.subnets:
            subnet.representation.bind(catalog)
            subnet.attach(catalog.num_items)
        self._dims = [subnet.units[-1] for subnet in self.subnets]
        fusion.attach(catalog.num_items, self._dims, list(self.subnet_weights.values()))
        self.built = True

    def compile(
        self,
        *args: Any,
        strategy: str | Strategy = "simultaneous",
        learning_rate_factors: Mapping[str, float] | None = None,
        **kwargs: Any,
    ) -> None:
        """Configures training, as `SessionRecommender.compile`.

        Args:
            *args: As there.
            strategy: `"simultaneous"` (default), `"alternating"`, `"residual"`,
                `"interleaving"` or a `training.Strategy`.
            learning_rate_factors: dict from names of subnets to float, what the optimizer's
                learning rate is multiplied by for them; needs `SparseAdagrad`. Defaults to
                1 each.
            **kwargs: As there.

        Raises:
            ValueError: A name is unknown, or the optimizer has one rate for all.
        """
        factors = dict(learning_rate_factors or {})
        if unknown := set(factors) - set(self.subnet_names):
            raise ValueError(
                f"`learning_rate_factors` must name subnets, {self.subnet_names}. "
                f"Received: {sorted(unknown)}."
            )
        self._strategy = get_strategy(strategy)
        super().compile(*args, **kwargs)
        if factors and not isinstance(self.optimizer, SparseAdagrad):
            raise ValueError(
                "`learning_rate_factors` needs `optimizer=SparseAdagrad(...)`. "
                f"Received: {type(self.optimizer).__name__}."
            )
        for name, factor in factors.items():
            subnet = self.subnets[self.subnet_names.index(name)]
            self.optimizer.scale_learning_rate(subnet.trainable_variables, factor)
        self._compile_arguments |= {
            "strategy": self._strategy,
            "learning_rate_factors": factors,
        }

    # === The network ===

    def initial_states(self, rows: int) -> list[Any]:
        return [state for subnet in self.subnets for state in subnet.initial_states(rows)]

    def encode(self, items: Any, states: Any = None, training: bool = False) -> tuple[Any, Any]:
        trained = range(len(self.subnets)) if training else ()
        hidden, states = self._encode(items, states, trained)
        return ops.concatenate(hidden, axis=-1), states

    def encode_for(self, update: Update, items: Any, states: Any) -> tuple[Any, Any]:
        # Not side by side: one vector would drag the frozen subnets into the gradient.
        return self._encode(items, states, update.trains)

    def _encode(self, items: Any, states: Any, trained: Any) -> tuple[list[Any], list[Any]]:
        """Each subnet's hidden vectors, and the states of all subnets one after another."""
        hidden, new_states, begin = [], [], 0
        for k, subnet in enumerate(self.subnets):
            carried = None
            if states is not None:
                end = begin + len(subnet.initial_states(1))
                carried, begin = states[begin:end], end
            vectors, after = subnet(items, carried, training=k in trained)
            hidden.append(vectors)
            new_states += after
        return hidden, new_states

    def score_hidden(self, hidden: Any, candidates: Any = None) -> Any:
        return self.fusion(self._parts(hidden), candidates)

    def score_table(self) -> tuple[Any, Any] | None:
        return self.fusion.score_table()

    def score_query(self, hidden: Any) -> Any:
        return self.fusion.score_query(self._parts(hidden))

    def _parts(self, hidden: Any) -> list[Any]:
        """The subnets' hidden vectors, out of the one that `encode` makes of them."""
        ends = [sum(self._dims[: k + 1]) for k in range(len(self._dims))]
        return [hidden[..., end - dim : end] for dim, end in zip(self._dims, ends, strict=True)]

    def score_for(self, update: Update, hidden: Any, candidates: Any, live: Any) -> Any:
        return self.fusion(hidden, candidates, scores=update.scores)

    def variables_for(self, update: Update) -> list[keras.Variable]:
        variables = {}
        for k in update.trains:
            for layer in (self.subnets[k], *self.fusion.owned_by(k)):
                variables |= {id(v): v for v in layer.trainable_variables}
        return list(variables.values())

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments, the catalog included."""
        serialize = keras.saving.serialize_keras_object
        return {
            "name": self.name,
            "dtype": serialize(self.dtype_policy),
            "catalog": serialize(self.catalog),
            "subnets": {
                name: serialize(subnet)
                for name, subnet in zip(self.subnet_names, self.subnets, strict=True)
            },
            "fusion": serialize(self.fusion),
            "subnet_weights": self.subnet_weights,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ParallelGRU4Rec:
        """Makes a model from what `get_config` returned."""
        config = dict(config)
        for key in ("catalog", "dtype", "fusion"):
            config[key] = keras.saving.deserialize_keras_object(config[key])
        config["subnets"] = {
            name: keras.saving.deserialize_keras_object(subnet)
            for name, subnet in config["subnets"].items()
        }
        return cls(**config)
