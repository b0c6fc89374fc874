"""What a signature of a SavedModel takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import tensorflow as tf


@dataclass(frozen=True)
class Signature:
    """The named inputs and outputs of one signature.

    Args:
        name: str, e.g. "serving_default".
        inputs: dict of input name -> `tf.TensorSpec` whose name is the graph tensor's.
        outputs: The same of the outputs.

    Example:

    >>> import tensorflow as tf
    >>> Signature("f", {"x": tf.TensorSpec([None], name="f_x:0")}, {}).inputs["x"].dtype
    tf.float32
    """

    name: str
    inputs: Mapping[str, tf.TensorSpec]
    outputs: Mapping[str, tf.TensorSpec]

    @classmethod
    def from_proto(cls, name: str, definition: Any) -> Self | None:
        """Reads a `SignatureDef`.

        Args:
            name: str, the signature's.
            definition: `SignatureDef` protocol buffer.

        Returns:
            The signature; `None` if it is no function of dense tensors, which alone have a
            form in JSON: an initialisation, or one with sparse or composite tensors.
        """
        infos = [*definition.inputs.values(), *definition.outputs.values()]
        if not definition.inputs or any(info.WhichOneof("encoding") != "name" for info in infos):
            return None
        return cls(name, _specs(definition.inputs), _specs(definition.outputs))


def _specs(infos: Mapping[str, Any]) -> dict[str, tf.TensorSpec]:
    # Sorted: a protocol buffer's map has no order, but answers shall be the same every time.
    return {
        name: tf.TensorSpec(
            tf.TensorShape(infos[name].tensor_shape),
            tf.as_dtype(infos[name].dtype),
            infos[name].name,
        )
        for name in sorted(infos)
    }
