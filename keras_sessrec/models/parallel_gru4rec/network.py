"""The network of a p-RNN: subnets side by side, and their fusion."""

from __future__ import annotations

from collections.abc import Mapping
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

    def encode(self, items: Any, states: Any = None, training: Any = False) -> tuple[Any, Any]:
        trained = set(self.parallel) if training is True else set(training or ())
        parts, new_states, begin = {}, [], 0
        for name, subnet in self.parallel.items():
            carried = None
            if states is not None:
                end = begin + len(subnet.initial_states(1))
                carried, begin = states[begin:end], end
            parts[name], after = subnet(items, carried, training=name in trained)
            new_states += after
        return parts, new_states

    def head(self) -> Head:
        return self.fusion.head()

    def subnets(self) -> dict[str, list[keras.layers.Layer]]:
        return {
            name: [subnet, *self.fusion.owned_by(name)] for name, subnet in self.parallel.items()
        }
