"""The network of a p-RNN: subnets side by side, and their fusion."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import keras

from keras_sessrec.catalog import Catalog
from keras_sessrec.layers import Subnet
from keras_sessrec.models.parallel_gru4rec import fusions
from keras_sessrec.models.parallel_gru4rec.fusions import Fusion
from keras_sessrec.models.session_network import Head, SessionNetwork


class ParallelGRU4RecNetwork(SessionNetwork):
    """The network of `ParallelGRU4Rec`: its subnets side by side, and their fusion."""

    def __init__(
        self,
        catalog: Catalog,
        subnets: Mapping[str, Subnet],
        fusion: str | Fusion,
        subnet_weights: Mapping[str, float],
        seed: int | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(catalog, seed, dtype=dtype)
        self.parallel = {
            name: Subnet.from_config(subnet.get_config()) for name, subnet in subnets.items()
        }
        for subnet in self.parallel.values():
            subnet.build(catalog)
        own = {} if isinstance(fusion, Fusion) else {"seed": self.draw_seed()}
        self.fusion = fusions.get(fusion, dtype=self.dtype_policy, **own)
        widths = {name: subnet.units[-1] for name, subnet in self.parallel.items()}
        self.fusion.build(catalog, widths, subnet_weights)

    def initial_states(self, rows: int) -> list[Any]:
        return [s for subnet in self.parallel.values() for s in subnet.initial_states(rows)]

    def states_by_subnet(self, states: list[Any]) -> dict[str, list[Any]]:
        rest = iter(states)
        return {
            name: list(islice(rest, len(subnet.initial_states(1))))
            for name, subnet in self.parallel.items()
        }

    def encode(self, items: Any, states: Any = None, training: Any = False) -> tuple[Any, Any]:
        trained = set(self.parallel) if training is True else set(training or ())
        carried = {} if states is None else self.states_by_subnet(states)
        parts, new_states = {}, []
        for name, subnet in self.parallel.items():
            parts[name], after = subnet(items, carried.get(name), training=name in trained)
            new_states += after
        return parts, new_states

    def head(self) -> Head:
        return self.fusion.head()

    def subnets(self) -> dict[str, list[keras.layers.Layer]]:
        return {
            name: [subnet, *self.fusion.owned_by(name)] for name, subnet in self.parallel.items()
        }
