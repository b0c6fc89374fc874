"""From a trained model to answers: export it, load the export, ask it, ask it over REST.

    python examples/export_and_call.py
    python examples/export_and_call.py --model saved_models/own_log

Everything a server does, in one process and in seconds: no model is trained. The five signatures
take and give raw ids. In production TensorFlow Serving serves the same folder, and the clients in
`examples/serving/` ask it as they ask the development server here.
"""

import argparse
import json
import pathlib
import sys
import tempfile
import urllib.request

from keras_sessrec_cli import without_notes

with without_notes():  # of TensorFlow, on processors and drivers
    import tensorflow as tf

    import keras_sessrec as ksr
    from keras_sessrec.serving.dev_server import DevServer

SHIPPED = pathlib.Path(__file__).resolve().parents[1] / "saved_models" / "gru4rec_shop"
K = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="the same: it takes seconds")
    parser.add_argument("--model", default=SHIPPED, help="a name, folder or .keras file")
    parser.add_argument("--out", help="folder of the model's versions; a temporary one")
    args = parser.parse_args()
    out = pathlib.Path(args.out or f"{tempfile.mkdtemp()}/shop")

    # === The model, and what it recommends ===
    model = ksr.models.SessionRecommender.from_preset(args.model)
    first, second, third = model.catalog.item_ids[[2, 0, 7]].tolist()
    clicks = [first, second]
    print(f"{type(model).__name__} of {model.catalog!r}\nclicked {clicks}, recommended:")
    (recommended,) = model.recommend([clicks], k=K)
    print(*recommended, sep="\n")

    # === The export ===
    # The answers of the export are compared with the model's before the folder appears.
    folder = ksr.serving.export(model, out, k=K)
    print(f"\nExported: {folder}, described in {folder}/assets.extra/model_card.md")

    # === Loaded as a server loads it: no Keras, nothing of this package ===
    signatures = tf.saved_model.load(str(folder)).signatures
    dtype = signatures["serving_default"].structured_input_signature[1]["session"].dtype
    padding, unknown = ("", "no such item") if dtype == tf.string else (-1, -2)

    def ids(*rows) -> tf.Tensor:
        return tf.constant(rows, dtype)

    # Rows begin with padding and are of one length; `exclude` of padding excludes nothing.
    session, nothing = ids([padding, *clicks]), ids([padding])
    print("\nserving_default: ids and scores, as `recommend`")
    answer = signatures["serving_default"](session=session, exclude=nothing)
    print(_ids(answer))
    assert _ids(answer) == [item_id for item_id, _ in recommended]

    print(f"\nrecommend_unseen: without what was clicked, and here without {third!r}")
    print(_ids(signatures["recommend_unseen"](session=session, exclude=ids([padding, third]))))

    print(f"\nscore: of {third!r} and of an item that is not in the catalog")
    answer = signatures["score"](session=session, candidates=ids([third, unknown]))
    print(answer["scores"].numpy()[0])

    print("\nencode, then step: one more click at a time, the state kept by whoever asks")
    state = signatures["encode"](session=ids([padding, first]))["state"]
    answer = signatures["step"](item=ids(second), state=state, exclude=nothing)
    print(f"{_ids(answer)}, from a state of {state.shape[1]} numbers")

    # === Over REST ===
    with DevServer(out, port=0) as server:
        url = f"{server.url}/v1/models/{out.name}"
        request = {"instances": [{"session": [padding, *clicks], "exclude": [padding]}]}
        print(f"\ncurl -d '{json.dumps(request)}' {url}:predict")
        with urllib.request.urlopen(f"{url}:predict", json.dumps(request).encode()) as response:
            (answer,) = json.load(response)["predictions"]
        print(answer["item_ids"])
        assert answer["item_ids"] == [item_id for item_id, _ in recommended]

    print("\nAsk it yourself, or look at its page:")
    print(f"{sys.executable} -m keras_sessrec.serving.dev_server {out}")
    print(f"{sys.executable} examples/serving/client_rest.py {out.name} {first} {second}")


def _ids(answer: dict[str, tf.Tensor]) -> list:
    """The ids of the first row; text comes as bytes."""
    return [i.decode() if isinstance(i, bytes) else i for i in answer["item_ids"].numpy()[0]]


if __name__ == "__main__":
    main()
