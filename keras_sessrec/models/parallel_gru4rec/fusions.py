"""How the subnets' hidden vectors become one score."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import keras

from keras_sessrec.catalog import Catalog
from keras_sessrec.layers.item_input import CatalogLayer
from keras_sessrec.layers.item_scorer import ItemScorer
from keras_sessrec.models.session_network import Head, Output
from keras_sessrec.ops.identifiers import resolve
from keras_sessrec.ops.seeds import draw_seed


class Fusion(CatalogLayer):
    """Base of the fusions: hidden vectors of several subnets in, item scores out.

    Scores of subnets add up, so any part of them can be scored alone. Children override
    `build`, `head` and `owned_by`.

    Args:
        normalize: bool. Whether each output matrix scores by cosines, see `layers.ItemScorer`.
            Defaults to `False`.
        score_scale: float, what a cosine is multiplied by. Defaults to 16.
        seed: int or `None`, of the initial weights.

    Call arguments:
        parts: dict from names of subnets to float `[rows, dim]`.
        candidates: int `[C]`, items to score; `None` (default) is the whole catalog.
        scoring: Names of the subnets that take part; `None` (default): all.

    Returns:
        float32 `[rows, C]` or `[rows, N]`.
    """

    def __init__(self, normalize: bool = False, score_scale: float = 16.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.normalize = normalize
        self.score_scale = score_scale

    def build(
        self, catalog: Catalog, widths: Mapping[str, int], weights: Mapping[str, float]
    ) -> None:
        """Creates the weights.

        Args:
            catalog: `Catalog`.
            widths: dict from names of subnets to int, sizes of their hidden vectors.
            weights: dict from names of subnets to float, their weights in the sum.
        """
        raise NotImplementedError(f"`{type(self).__name__}` must override `build`.")

    def head(self) -> Head:
        """Returns how hidden vectors become scores."""
        raise NotImplementedError(f"`{type(self).__name__}` must override `head`.")

    def owned_by(self, subnet: str) -> list[ItemScorer]:
        """Returns the scorers that are trained when `subnet` is."""
        raise NotImplementedError(f"`{type(self).__name__}` must override `owned_by`.")

    def call(self, parts: Any, candidates: Any = None, scoring: Any = None) -> Any:
        return self.head().scores(parts, candidates, scoring)

    def _scorer(self, catalog: Catalog, width: int) -> ItemScorer:
        return ItemScorer(
            catalog.num_items,
            width,
            normalize=self.normalize,
            scale=self.score_scale,
            seed=draw_seed(self._rng),
            dtype=self.dtype_policy,
        )

    def get_config(self) -> dict[str, Any]:
        scoring = {"normalize": self.normalize, "score_scale": self.score_scale}
        return {**super().get_config(), **scoring}

    def _check_equal(self, widths: Mapping[str, int]) -> None:
        if len(set(widths.values())) > 1:
            raise ValueError(
                f"`{type(self).__name__}` needs subnets with as many units in their last layer "
                f"each. Received: {dict(widths)}. Use `ParallelFusion` for different widths."
            )


@keras.saving.register_keras_serializable(package="keras_sessrec")
class ParallelFusion(Fusion):
    """Scores by `sum_k w_k (h_k W_k + b_k)`, an output matrix per subnet.

    Hidasi et al. (RecSys 2016), the parallel architecture: the same as one output matrix for
    the concatenated hidden vectors. Subnets may differ in width.

    Args:
        **kwargs: As in `Fusion`.

    Example:

    >>> fusion = ParallelFusion()
    >>> fusion.build(ksr.Catalog(range(5)), {"item": 3, "text": 2}, {"item": 1, "text": 1})
    >>> fusion({"item": keras.ops.ones((4, 3)), "text": keras.ops.ones((4, 2))}).shape
    TensorShape([4, 5])
    """

    def build(
        self, catalog: Catalog, widths: Mapping[str, int], weights: Mapping[str, float]
    ) -> None:
        self.scorers = {name: self._scorer(catalog, width) for name, width in widths.items()}
        self._weights_of = dict(weights)

    def head(self) -> Head:
        return Head(
            *(
                Output(scorer, {name: self._query_of(name)}, self._weights_of[name])
                for name, scorer in self.scorers.items()
            )
        )

    def _query_of(self, name: str) -> Any:
        return lambda parts, live: parts[name]

    def owned_by(self, subnet: str) -> list[ItemScorer]:
        return [self.scorers[subnet]]


@keras.saving.register_keras_serializable(package="keras_sessrec")
class InteractionFusion(ParallelFusion):
    """Scores by `w_0 (h_0 W_0 + b_0) + sum_{k>0} w_k ((h_0 * h_k) W_k + b_k)`.

    Hidasi et al. (RecSys 2016), the parallel interaction architecture: the hidden vector of
    a feature subnet is multiplied, element by element, with that of the item subnet, which is
    the first one. All subnets need as many units. Where the item subnet is trained, the
    gradient flows through the products too.

    Args:
        **kwargs: As in `Fusion`.

    Raises:
        ValueError: The subnets differ in width.

    Example:

    >>> fusion = InteractionFusion()
    >>> fusion.build(ksr.Catalog(range(5)), {"item": 3, "text": 3}, {"item": 1, "text": 1})
    >>> fusion({"item": keras.ops.ones((4, 3)), "text": keras.ops.ones((4, 3))}).shape
    TensorShape([4, 5])
    """

    def build(
        self, catalog: Catalog, widths: Mapping[str, int], weights: Mapping[str, float]
    ) -> None:
        self._check_equal(widths)
        super().build(catalog, widths, weights)

    def _query_of(self, name: str) -> Any:
        first = next(iter(self.scorers))
        if name == first:
            return super()._query_of(name)
        return lambda parts, live: parts[first] * parts[name]


@keras.saving.register_keras_serializable(package="keras_sessrec")
class SharedFusion(Fusion):
    """Scores by `(sum_k w_k h_k) W + b`.

    Hidasi et al. (RecSys 2016), the parallel shared-W architecture. All subnets need as
    many units. The paper leaves open which subnet's update trains W.

    Args:
        owner: str, name of the subnet whose updates train the output matrix, or `None`
            (default): every update does.
        **kwargs: As in `Fusion`.

    Raises:
        ValueError: The subnets differ in width, or `owner` is not one of them.

    Example:

    >>> fusion = SharedFusion()
    >>> fusion.build(ksr.Catalog(range(5)), {"item": 3, "text": 3}, {"item": 1, "text": 1})
    >>> fusion({"item": keras.ops.ones((4, 3)), "text": keras.ops.ones((4, 3))}).shape
    TensorShape([4, 5])
    """

    def __init__(self, owner: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.owner = owner

    def build(
        self, catalog: Catalog, widths: Mapping[str, int], weights: Mapping[str, float]
    ) -> None:
        self._check_equal(widths)
        if self.owner not in (None, *widths):
            raise ValueError(
                f"`owner` must be one of the subnets {list(widths)}. "
                f"Received: owner={self.owner!r}."
            )
        self.scorer = self._scorer(catalog, next(iter(widths.values())))
        self._weights_of = dict(weights)

    def head(self) -> Head:
        return Head(Output(self.scorer, {name: self._query_of(name) for name in self._weights_of}))

    def _query_of(self, name: str) -> Any:
        return lambda parts, live: self._weights_of[name] * parts[name]

    def owned_by(self, subnet: str) -> list[ItemScorer]:
        return [self.scorer] if self.owner in (None, subnet) else []

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "owner": self.owner}


FUSIONS = {
    "parallel": ParallelFusion,
    "shared": SharedFusion,
    "interaction": InteractionFusion,
}


def get(identifier: Fusion | str, **arguments: Any) -> Fusion:
    """Returns a fusion given as an object or by its name.

    Args:
        identifier: `Fusion`, or one of `"parallel"`, `"shared"` and `"interaction"`.
        **arguments: Constructor's arguments of one that is named.

    Returns:
        `Fusion`; a copy, not built, of one that was given.

    Raises:
        ValueError: It is neither.

    Example:

    >>> type(get("shared")).__name__
    'SharedFusion'
    """
    if isinstance(identifier, Fusion):
        return type(identifier).from_config(identifier.get_config())
    family = {name: partial(kind, **arguments) for name, kind in FUSIONS.items()}
    return resolve("fusion", identifier, Fusion, family, "ksr.models.SharedFusion()")
