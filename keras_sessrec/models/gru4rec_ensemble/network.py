"""The network of an ensemble: the members' networks side by side."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice
from typing import Any

import keras
import numpy as np

from keras_sessrec.catalog import Catalog
from keras_sessrec.models.gru4rec.network import GRU4RecNetwork
from keras_sessrec.models.session_network import ONLY, Head, Output, Parts, SessionNetwork


class MeanHead(Head):
    """The mean of what the outputs score, instead of their sum."""

    def scores(
        self,
        parts: Parts,
        candidates: Any = None,
        scoring: Collection[str] | None = None,
        live: Any = None,
    ) -> Any:
        """Scores items, see `Head.scores`; the mean of those that take part."""
        taking = [o for o in self.outputs if scoring is None or set(o.queries) & set(scoring)]
        return super().scores(parts, candidates, scoring, live) / len(taking)

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns vectors and biases, see `Head.table`."""
        vectors, biases = super().table()
        return vectors / len(self.outputs), biases / len(self.outputs)


class GRU4RecEnsembleNetwork(SessionNetwork):
    """The network of `GRU4RecEnsemble`: the members' networks side by side."""

    def __init__(
        self,
        catalog: Catalog,
        members: int,
        seed: int | None = None,
        dtype: Any = None,
        **arguments: Any,
    ) -> None:
        super().__init__(catalog, seed, dtype=dtype)
        self.members = {
            f"member_{k}": GRU4RecNetwork(
                catalog, **arguments, seed=self.draw_seed(), dtype=self.dtype_policy
            )
            for k in range(members)
        }

    def initial_states(self, rows: int) -> list[Any]:
        return [s for member in self.members.values() for s in member.initial_states(rows)]

    def states_by_subnet(self, states: list[Any]) -> dict[str, list[Any]]:
        rest = iter(states)
        return {
            name: list(islice(rest, len(member.initial_states(1))))
            for name, member in self.members.items()
        }

    def encode(self, items: Any, states: Any = None, training: Any = False) -> tuple[Any, Any]:
        trained = set(self.members) if training is True else set(training or ())
        carried = {} if states is None else self.states_by_subnet(states)
        parts, new_states = {}, []
        for name, member in self.members.items():
            found, after = member.encode(items, carried.get(name), training=name in trained)
            parts[name] = found[ONLY]
            new_states += after
        return parts, new_states

    def head(self) -> Head:
        return MeanHead(
            *(
                Output(member.scorer, {name: self._query_of(name)})
                for name, member in self.members.items()
            )
        )

    def _query_of(self, name: str) -> Any:
        return lambda parts, live: parts[name]

    def subnets(self) -> dict[str, list[keras.layers.Layer]]:
        return {name: [member] for name, member in self.members.items()}
