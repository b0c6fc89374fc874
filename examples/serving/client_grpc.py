"""Asks TensorFlow Serving for recommendations over gRPC.

pip install tensorflow-serving-api
python examples/serving/client_grpc.py gru4rec 214536502 214536500
"""

import argparse
import sys

import grpc
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)

SECONDS = 10


def dtype_of_ids(stub, model, signature):
    """Whether the model's item ids are strings or int64."""
    request = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
    request.model_spec.name = model
    found = stub.GetModelMetadata(request, timeout=SECONDS).metadata["signature_def"]
    signatures = get_model_metadata_pb2.SignatureDefMap()
    found.Unpack(signatures)
    return tf.as_dtype(signatures.signature_def[signature].inputs["session"].dtype)


def recommend(stub, model, sessions, exclude=(), signature="serving_default"):
    """Returns for each session a list of (item id, score), best first, and its known clicks.

    That is how many of its clicks are on items of the model's catalog; where it is 0, the list is
    the most popular items and the scores are their events in training. `sessions` are lists of item
    ids, oldest first; `exclude` are ids that must not come.
    """
    dtype = dtype_of_ids(stub, model, signature)
    as_id, padding = (str, "") if dtype == tf.string else (int, -1)

    # Rows are of one length, and begin with padding: a server that batches requests repeats the
    # first element of a row at its end.
    longest = 1 + max(map(len, sessions))
    rows = [[padding] * (longest - len(s)) + [as_id(i) for i in s] for s in sessions]
    excluded = [[padding] + [as_id(i) for i in exclude]] * len(sessions)
    request = predict_pb2.PredictRequest()
    request.model_spec.name = model
    request.model_spec.signature_name = signature
    request.inputs["session"].CopyFrom(tf.make_tensor_proto(rows, dtype))
    request.inputs["exclude"].CopyFrom(tf.make_tensor_proto(excluded, dtype))
    outputs = stub.Predict(request, timeout=SECONDS).outputs

    item_ids = tf.make_ndarray(outputs["item_ids"])
    if dtype == tf.string:
        item_ids = [[item_id.decode() for item_id in row] for row in item_ids]
    else:
        item_ids = item_ids.tolist()
    scores = tf.make_ndarray(outputs["scores"]).tolist()
    known = tf.make_ndarray(outputs["known"]).tolist()
    return [
        ([pair for pair in zip(ids, row, strict=True) if pair[0] != padding], number)
        for ids, row, number in zip(item_ids, scores, known, strict=True)
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="name of the model")
    parser.add_argument("clicks", nargs="*", help="item ids of one session, oldest first")
    parser.add_argument("--exclude", nargs="+", default=[], help="item ids that must not come")
    parser.add_argument("--unseen", action="store_true", help="nothing that was clicked")
    parser.add_argument("--k", type=int, default=10, help="how many (%(default)s)")
    parser.add_argument("--address", default="localhost:8500", help="server (%(default)s)")
    args = parser.parse_args()
    signature = "recommend_unseen" if args.unseen else "serving_default"
    with grpc.insecure_channel(args.address) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        try:
            ((answer, known),) = recommend(stub, args.model, [args.clicks], args.exclude, signature)
        except grpc.RpcError as error:
            sys.exit(f"{args.address}: {error.code().name}: {error.details()}")
    if not known:
        print("No click is on a known item: these are the most popular ones.", file=sys.stderr)
    for item_id, score in answer[: args.k]:
        print(f"{score:10.4f}  {item_id}")


if __name__ == "__main__":
    main()
