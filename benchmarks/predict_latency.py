"""Latency of recommendations, and of the top-k that most of it is spent on.

    python benchmarks/predict_latency.py --json predict_latency.json

`model.recommend` answers one session, or 256 at once, of five clicks each with 20 items of the
whole catalog, from raw ids to raw ids; other sessions at every call. Top-k alone ranks the scores
of 256 sessions, ours and TensorFlow's in turns, both as compiled functions. Percentiles are over
repeated calls, as many as fit into a fixed time; the first call (with tracing) is told apart.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from click_logs import NUM_ITEMS, zipf_catalog
from machine import describe, milliseconds_in_turns
from tables import Records, parser, print_table

import keras_sessrec as ksr
from keras_sessrec.ops.selection import top_k

K, CLICKS = 20, 5


def record(what: str, num_items: int, sessions: int, times: list[float]) -> dict[str, Any]:
    """A line of the table."""
    median, p90, p99 = np.percentile(times[1:], [50, 90, 99])
    return {
        "what": what,
        "items": num_items,
        "sessions": sessions,
        "calls": len(times) - 1,
        "median, ms": float(median),
        "90 %, ms": float(p90),
        "99 %, ms": float(p99),
        "first, ms": times[0],
    }


def recommend_rows(num_items: int, most: int, limit: float) -> list[dict[str, Any]]:
    """`model.recommend` for one session and for many."""
    catalog = zipf_catalog(num_items)
    model = ksr.models.GRU4Rec(catalog, units=[100], tie_embeddings=True, seed=1)
    rng = np.random.default_rng(0)
    rows = []
    for sessions in (1, 256):

        def call(sessions: int = sessions) -> None:
            clicks = rng.integers(num_items, size=(sessions, CLICKS)).tolist()
            model.recommend(clicks, k=K)

        times = milliseconds_in_turns({"recommend": call}, most, limit)
        rows.append(record("recommend", num_items, sessions, times["recommend"]))
    return rows


def top_k_rows(most: int, limit: float) -> list[dict[str, Any]]:
    """Ours and TensorFlow's top-k on the same scores."""
    sessions = 256
    scores = tf.random.stateless_normal((sessions, NUM_ITEMS), seed=(1, 2))
    compiled = partial(tf.function, autograph=False)
    functions = {
        "keras_sessrec.top_k": compiled(partial(top_k, k=K)),
        "tf.math.top_k": compiled(partial(tf.math.top_k, k=K)),
    }
    calls = {
        name: lambda function=function: function(scores)[1].numpy()
        for name, function in functions.items()
    }
    times = milliseconds_in_turns(calls, most, limit)
    np.testing.assert_array_equal(*(call() for call in calls.values()))
    return [record(name, NUM_ITEMS, sessions, times[name]) for name in functions]


def main() -> None:
    args = parser(__doc__, "the small catalog, fewer calls").parse_args()
    most, limit = (100, 5.0) if args.quick else (1000, 60.0)
    print(describe())
    records = Records(args.json)
    for num_items in (NUM_ITEMS,) if args.quick else (NUM_ITEMS, 1_000_000):
        records.add(*recommend_rows(num_items, most, limit))
    records.add(*top_k_rows(most, limit))
    print_table(records)
    ours, theirs = (r["median, ms"] for r in records[-2:])
    print(f"\ntf.math.top_k takes {theirs / ours:.2f} times as long as keras_sessrec.top_k.")


if __name__ == "__main__":
    main()
