"""What a paper defines: how events are read, and how what was read becomes scores."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from keras_sessrec.catalog import Catalog
from keras_sessrec.models.dropped_models import make_room
from keras_sessrec.ops.seeds import draw_seed, new_rng

Parts = Mapping[str, Any]  # a hidden vector of every subnet, float [rows, dim]

ONLY = "network"  # what the subnet of a network that has one is called


class Output(NamedTuple):
    """One product among those that scores are the sum of: `weight * (query . vectors^T + bias)`.

    Attributes:
        scorer: Layer that holds the vectors: `layers.ItemScorer` or alike.
        queries: dict from names of subnets to `query(parts, live)`, float `[rows, dim]`; those
            of the subnets that take part in the scores are added up. `live` is bool `[rows]`
            in training, false for rows that do not count, and `None` otherwise.
        weight: float, what the scores are multiplied by. Defaults to 1.
    """

    scorer: keras.layers.Layer
    queries: Mapping[str, Callable[[Parts, Any], Any]]
    weight: float = 1.0


class Head:
    """How hidden vectors become scores: the one place, for training, ranking and serving.

        r = sum_o w_o (q_o(parts) . V_o^T + b_o)

    Candidates, the whole catalog and exports are all scored by it.

    Args:
        *outputs: `Output`s.

    Example:

    >>> scorer = ksr.layers.ItemScorer(num_items=5, dim=3)
    >>> head = Head.of(scorer)
    >>> parts = {"network": keras.ops.ones((2, 3))}
    >>> head.scores(parts).shape, head.scores(parts, keras.ops.array([4, 1])).shape
    (TensorShape([2, 5]), TensorShape([2, 2]))
    """

    def __init__(self, *outputs: Output) -> None:
        self.outputs = outputs

    @classmethod
    def of(cls, scorer: keras.layers.Layer, subnet: str = ONLY) -> Head:
        """Makes the head of a network that scores a subnet's hidden vector as it is."""
        return cls(Output(scorer, {subnet: lambda parts, live: parts[subnet]}))

    def of_subnets(self, names: Collection[str]) -> Head:
        """Returns the head by which only some of the subnets score."""
        limited = []
        for output in self.outputs:
            queries = {name: query for name, query in output.queries.items() if name in names}
            limited += [output._replace(queries=queries)] if queries else []
        return type(self)(*limited)

    def scores(
        self,
        parts: Parts,
        candidates: Any = None,
        scoring: Collection[str] | None = None,
        live: Any = None,
    ) -> Any:
        """Scores items.

        Args:
            parts: dict from names of subnets to float `[rows, dim]`.
            candidates: int `[C]`, items to score, or `None` (default) for the whole catalog.
            scoring: Names of the subnets that take part. Defaults to all.
            live: bool `[rows]`, see `Output`. Defaults to `None`.

        Returns:
            float32 `[rows, C]` or `[rows, N]`, column j for item j + 1, raw scores.
        """
        total = None
        for output in self.outputs:
            names = [name for name in output.queries if scoring is None or name in scoring]
            if not names:
                continue
            query = sum(output.queries[name](parts, live) for name in names)
            scores = output.scorer(query, candidates)
            scores = scores if output.weight == 1 else output.weight * scores
            total = scores if total is None else total + scores
        return total

    def query(self, parts: Parts) -> Any:
        """Returns what `table` is multiplied by, float `[rows, D]`."""
        queries = [
            output.scorer.query(sum(query(parts, None) for query in output.queries.values()))
            for output in self.outputs
        ]
        return queries[0] if len(queries) == 1 else ops.concatenate(queries, axis=-1)

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns vectors and biases of items 1..N: scores are `query . vectors^T + biases`.

        Returns:
            Tuple of float32 arrays `[N, D]` and `[N]`.
        """
        tables = [(output.weight, *output.scorer.score_table()) for output in self.outputs]
        vectors = np.concatenate([weight * table for weight, table, _ in tables], axis=1)
        return vectors.astype("float32"), sum(weight * bias for weight, _, bias in tables)


class SessionNetwork(keras.layers.Layer):
    """Base of the networks: four methods make one, and everything else is derived.

    Children create their layers in the constructor and override `initial_states`, `encode`
    and `head`; those with several subnets, which strategies train apart, `subnets` and
    `states_by_subnet` too.

    Args:
        catalog: `Catalog` of the items that are read and scored.
        seed: int or `None`, of everything random: initial weights, dropout, sampling.
        **kwargs: As in `keras.layers.Layer`.

    Raises:
        TypeError: `catalog` is none.
        ValueError: `dtype` keeps weights in another type than float32.
    """

    def __init__(self, catalog: Catalog, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(catalog, Catalog):
            raise TypeError(
                "`catalog` must be a `keras_sessrec.Catalog`, e.g. `Catalog.from_log(train)`. "
                f"Received: {type(catalog).__name__}."
            )
        if self.variable_dtype != "float32":
            raise ValueError(
                "`dtype` must keep weights in float32: 'float32', 'mixed_bfloat16' or "
                f"'mixed_float16'. Received: dtype={self.dtype_policy.name!r}."
            )
        self.seed = seed
        self._rng = new_rng(seed)
        self.sampling_seed = self.draw_seed()
        self.built = True
        make_room(self)

    def draw_seed(self) -> int:
        """Returns a seed for one part, so that no two share a random stream."""
        return draw_seed(self._rng)

    def initial_states(self, rows: int) -> list[Any]:
        """Returns the states of `rows` sessions without events, each `[rows, ...]`."""
        raise NotImplementedError(f"`{type(self).__name__}` must override `initial_states`.")

    def states_by_subnet(self, states: list[Any]) -> dict[str, list[Any]]:
        """Sorts a list of states by the subnet they are of; one after the other they are the list.

        Args:
            states: list as made by `initial_states`.

        Returns:
            dict from names of subnets to lists. Defaults to all states for `"network"`, the
            subnet of a network of one.
        """
        return {ONLY: list(states)}

    def encode(
        self, items: Any, states: list[Any] | None = None, training: bool | Collection[str] = False
    ) -> tuple[Parts, list[Any]]:
        """Reads events.

        Args:
            items: int `[rows, steps]`, 0 where padded.
            states: list of carried states, or `None` for sessions that begin here.
            training: bool, or names of the subnets that are trained, the only ones with
                dropout.

        Returns:
            Tuple of a dict from names of subnets to float `[rows, steps, dim]`, the hidden
            vectors after every event, and the list of states after the last one.
        """
        raise NotImplementedError(f"`{type(self).__name__}` must override `encode`.")

    def head(self) -> Head:
        """Returns how hidden vectors become scores."""
        raise NotImplementedError(f"`{type(self).__name__}` must override `head`.")

    def subnets(self) -> dict[str, list[keras.layers.Layer]]:
        """Returns the subnets: what an `Update` can train apart, in its order.

        Returns:
            dict from names, the keys of what `encode` returns, to the layers whose weights
            are trained with it. Defaults to one subnet, `"network"`, of everything.
        """
        return {ONLY: [self]}

    def call(self, items: Any, states: Any = None, training: Any = False) -> Any:
        return self.encode(items, states, training)
