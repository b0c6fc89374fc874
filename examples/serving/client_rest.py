"""Asks a model server for recommendations over REST; needs nothing but Python.

    python examples/serving/client_rest.py gru4rec 214536502 214536500

The same for TensorFlow Serving and for `python -m keras_sessrec.serving.dev_server`.
"""

import argparse
import json
import sys
import urllib.error
import urllib.parse
import urllib.request

SECONDS = 10


def ask(url, request=None):
    """Sends a request, or with none asks by GET; returns the JSON of the answer."""
    body = None if request is None else json.dumps(request).encode()
    try:
        with urllib.request.urlopen(url, body, timeout=SECONDS) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        # The model server's is {"error": "..."}; something between may say it in another form.
        raise RuntimeError(f"{error.code}: {error.read().decode('utf-8', 'replace')}") from None


def recommend(url, model, sessions, exclude=(), signature="serving_default"):
    """Returns for each session a list of (item id, score), best first, and its known clicks.

    That is how many of its clicks are on items of the model's catalog; where it is 0, the list is
    the most popular items and the scores are their events in training. `sessions` are lists of item
    ids, oldest first; `exclude` are ids that must not come.
    """
    path = f"{url}/v1/models/{urllib.parse.quote(model)}"
    signatures = ask(f"{path}/metadata")["metadata"]["signature_def"]["signature_def"]
    is_text = signatures[signature]["inputs"]["session"]["dtype"] == "DT_STRING"
    as_id, padding = (str, "") if is_text else (int, -1)

    # Rows are of one length, and begin with padding: a server that batches requests repeats the
    # first element of a row at its end.
    longest = 1 + max(map(len, sessions))
    rows = [
        {
            "session": [padding] * (longest - len(session)) + [as_id(i) for i in session],
            "exclude": [padding] + [as_id(i) for i in exclude],
        }
        for session in sessions
    ]
    answer = ask(f"{path}:predict", {"signature_name": signature, "instances": rows})
    answers = []
    for row in answer["predictions"]:
        pairs = zip(row["item_ids"], row["scores"], strict=True)
        answers.append(([pair for pair in pairs if pair[0] != padding], row["known"]))
    return answers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="name of the model")
    parser.add_argument("clicks", nargs="*", help="item ids of one session, oldest first")
    parser.add_argument("--exclude", nargs="+", default=[], help="item ids that must not come")
    parser.add_argument("--unseen", action="store_true", help="nothing that was clicked")
    parser.add_argument("--k", type=int, default=10, help="how many (%(default)s)")
    parser.add_argument("--url", default="http://localhost:8501", help="server (%(default)s)")
    args = parser.parse_args()
    signature = "recommend_unseen" if args.unseen else "serving_default"
    try:
        ((answer, known),) = recommend(args.url, args.model, [args.clicks], args.exclude, signature)
    except (OSError, RuntimeError) as error:
        sys.exit(f"{args.url}: {error}")
    if not known:
        print("No click is on a known item: these are the most popular ones.", file=sys.stderr)
    for item_id, score in answer[: args.k]:
        print(f"{score:10.4f}  {item_id}")


if __name__ == "__main__":
    main()
