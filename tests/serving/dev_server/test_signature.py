"""Signatures read from protocol buffers."""

import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from keras_sessrec.serving.dev_server.signature import Signature


def tensor_info(name, dtype, shape):
    return meta_graph_pb2.TensorInfo(
        name=name, dtype=dtype.as_datatype_enum, tensor_shape=tf.TensorShape(shape).as_proto()
    )


def test_names_shapes_and_dtypes():
    definition = meta_graph_pb2.SignatureDef()
    definition.inputs["session"].CopyFrom(tensor_info("s:0", tf.string, [None, None]))
    definition.inputs["exclude"].CopyFrom(tensor_info("e:0", tf.int64, None))
    definition.outputs["scores"].CopyFrom(tensor_info("c:1", tf.float32, [None, 20]))
    found = Signature.from_proto("f", definition)
    assert found.name == "f"
    assert list(found.inputs) == ["exclude", "session"], "in alphabetical order"
    assert found.inputs["session"] == tf.TensorSpec([None, None], tf.string, name="s:0")
    assert found.inputs["exclude"].shape.rank is None
    assert found.outputs["scores"] == tf.TensorSpec([None, 20], tf.float32, name="c:1")


def test_an_initialisation_is_no_function():
    definition = meta_graph_pb2.SignatureDef()
    definition.outputs["op"].CopyFrom(tensor_info("init", tf.int32, None))
    assert Signature.from_proto("__saved_model_init_op", definition) is None


def test_sparse_tensors_have_no_json():
    definition = meta_graph_pb2.SignatureDef()
    definition.inputs["x"].coo_sparse.values_tensor_name = "v:0"
    definition.outputs["y"].CopyFrom(tensor_info("y:0", tf.int32, []))
    assert Signature.from_proto("f", definition) is None
