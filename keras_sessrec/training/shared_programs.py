"""One XLA program for all functions that do the same with other variables (TensorFlow only)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf
from tensorflow.core.framework.attr_value_pb2 import AttrValue
from tensorflow.core.framework.function_pb2 import FunctionDef

# What says where a node came from, and not what it computes.
_ORIGINS = ("_class", "_gradient_op_type")

_programs: dict[tuple, Callable[..., list[tf.Tensor]]] = {}


def shared_program(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles a function with XLA, once for all functions whose graphs are equal.

    TensorFlow compiles every `tf.function` anew, and keeps what XLA has compiled for the life of
    the process: one that trains a model after the other would wait for each, and grow with each.
    Here a function is traced, and its graph compared with those compiled before, operation by
    operation and constant by constant. An equal one is run on this function's own variables, so the
    numbers are the same by construction. Models of the same sizes and settings are such: other
    seeds and learning rates, the stages of a training, a model that was loaded again. A graph that
    differs, in the number of items or a dropout rate, is a program of its own.

    Args:
        function: Callable that takes nested tensors or arrays and returns nested tensors. It is
            traced once for every structure, shape and dtype of its arguments.

    Returns:
        Callable that does the same.

    Example:

    >>> import tensorflow as tf
    >>> weight = tf.Variable(2.0)
    >>> program = shared_program(lambda x: {"product": weight * x})
    >>> program(tf.constant(3.0))["product"].numpy().item()
    6.0
    """
    traced: dict[str, tuple] = {}

    def run(*arguments: Any) -> Any:
        arguments = tf.nest.map_structure(_as_tensor, arguments)
        flat = [part for part in tf.nest.flatten(arguments) if part is not None]
        kind = repr(tf.nest.map_structure(_kind, arguments))
        if kind not in traced:
            traced[kind] = _traced(function, arguments, flat)
        program, captured, results = traced[kind]
        return tf.nest.pack_sequence_as(results, program(*flat, *captured))

    return run


def _as_tensor(part: Any) -> tf.Tensor | None:
    return None if part is None else tf.convert_to_tensor(part)


def _kind(part: tf.Tensor | None) -> Any:
    return None if part is None else (part.dtype.name, tuple(part.shape))


def _traced(
    function: Callable[..., Any], arguments: Any, flat: list[tf.Tensor]
) -> tuple[Callable[..., list[tf.Tensor]], list[tf.Tensor], Any]:
    """A program for a function, the handles of the function's own variables, and its results."""

    def of_flat(*parts: tf.Tensor) -> Any:
        left = iter(parts)
        fill = tf.nest.map_structure(lambda part: None if part is None else next(left), arguments)
        return function(*fill)

    trace = tf.function(of_flat, jit_compile=True, autograph=False).get_concrete_function(*flat)
    graph = trace.graph.as_graph_def()
    digests = _Digests({part.signature.name: part for part in graph.library.function})
    key = (
        digests.of(trace.function_def),
        repr([(tensor.dtype, tensor.shape) for tensor in trace.inputs]),
        tf.config.experimental.tensor_float_32_execution_enabled(),  # XLA compiles it in
    )
    if key not in _programs:
        _programs[key] = _imported(trace, graph)
    results = tf.nest.map_structure(lambda _: 0, trace.structured_outputs)
    return _programs[key], trace.captured_inputs, results


def _imported(trace: Any, graph: Any) -> Callable[..., list[tf.Tensor]]:
    """Makes a program of a traced function, with handles of variables for arguments.

    It holds nothing of the function, so a model that was traced can go.
    """
    inputs = [tensor.name for tensor in trace.inputs]
    outputs = [tensor.name for tensor in trace.outputs]
    places = {tensor.op.name for tensor in trace.inputs}
    nodes = [node for node in graph.node if node.name not in places]  # XLA knows no placeholder
    for node in nodes:
        node.attr.pop("_class", None)  # may name one of them, and XLA places nothing
    del graph.node[:]
    graph.node.extend(nodes)
    read = {name.partition(":")[0] for node in nodes for name in node.input}

    def program(*parts: tf.Tensor) -> list[tf.Tensor]:
        given = {
            name: part
            for name, part in zip(inputs, parts, strict=True)
            if name.partition(":")[0] in read
        }
        return tf.graph_util.import_graph_def(graph, given, outputs, name="")

    return tf.function(program, jit_compile=True, autograph=False).get_concrete_function(
        *(tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in trace.inputs)
    )


class _Digests:
    """Digests of functions, equal where all operations are, whatever they are called."""

    def __init__(self, library: Mapping[str, FunctionDef]) -> None:
        self._library = library
        self._known: dict[str, bytes] = {}

    def of(self, function: FunctionDef) -> bytes:
        """Digests a function and those that it calls."""
        signature = function.signature
        names = [*(a.name for a in signature.input_arg), *(n.name for n in function.node_def)]
        places = {name: str(place) for place, name in enumerate(names)}

        def at(tensor: str) -> str:  # "^node", "argument" or "node:output:0"
            node, colon, output = tensor.removeprefix("^").partition(":")
            return tensor[: tensor.startswith("^")] + places[node] + colon + output

        facts: list[Any] = [
            [argument.type for argument in signature.input_arg],
            [at(function.ret[result.name]) for result in signature.output_arg],
            sorted(map(at, function.control_ret.values())),
        ]
        for node in function.node_def:
            attributes = [
                (name, self._of_attribute(node.attr[name]))
                for name in sorted(node.attr)
                if name not in _ORIGINS
            ]
            operation = self._called(node.op) if node.op in self._library else node.op
            facts.append((operation, node.device, list(map(at, node.input)), attributes))
        return hashlib.sha256(repr(facts).encode()).digest()

    def _of_attribute(self, value: AttrValue) -> Any:
        called = [value.func] if value.HasField("func") else value.list.func
        if called:
            return [
                (self._called(f.name), [(k, self._of_attribute(f.attr[k])) for k in sorted(f.attr)])
                for f in called
            ]
        return hashlib.sha256(value.SerializeToString(deterministic=True)).digest()

    def _called(self, name: str) -> bytes:
        if name not in self._known:
            self._known[name] = self.of(self._library[name])
        return self._known[name]
