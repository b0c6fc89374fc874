"""What dropout interleaving's carried states have had: the rule, and two that were tried.

    python benchmarks/interleaved_dropout.py --data DIR --json dropout.json

After a mini-batch of interleaving the states of the last update's pass are carried, in which only
the subnet that is trained has dropout: the other one's state is carried undropped, unlike in
simultaneous training. The alternatives keep its dropout on after its own update, in what is carried
only or in what the last update scores with, too. Words, worlds and networks are those of
`benchmarks/prnn.py`, whose setting is changed to the dropout in question; with `--data`, on
`online_retail` too. The last columns compare with the rule, by seed: difference in MRR@20, and for
how many seeds a paired test by session gives p < 0.05. One thread, for runs beside other work.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from click_logs import last_sessions
from machine import describe
from prnn import SETTINGS, SHOP, K, fit_network, load_world, make_network, with_features
from tables import Record, Records, means, parser, print_table

import keras_sessrec as ksr

RULE, STATES, SCORES = "undropped", "dropped states", "dropped scores and states"
RETAIL = "online_retail"
LARGER_BATCHES = {SHOP: {}, RETAIL: {"lanes": 128, "epochs": 4}}  # quicker than the best


def keep_dropout(network: Any, kept: str) -> None:
    """Lets a network keep the dropout of subnets that this mini-batch has trained already."""
    encode, names = network.encode, list(network.subnets())

    def encode_as_told(items: Any, states: Any = None, training: Any = False) -> tuple[Any, Any]:
        if not isinstance(training, list):  # evaluation
            return encode(items, states, training)
        trained = names[: names.index(training[-1]) + 1]
        if kept == SCORES:
            return encode(items, states, trained)
        parts, _ = encode(items, states, training)
        _, new_states = encode(items, states, trained)
        return parts, new_states

    network.encode = encode_as_told


def main() -> None:
    arguments = parser(__doc__, "one epoch and seed on the last 3,000 sessions of a world")
    arguments.add_argument("--data", help="folder with the data sets")
    arguments.add_argument("--datasets", nargs="+", default=[SHOP, RETAIL])
    arguments.add_argument("--shop-items", type=int, default=2_000)
    arguments.add_argument("--dropout", nargs="+", type=float, default=[0.25, 0.5])
    arguments.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    args = arguments.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    print(describe())
    records = Records(args.json)
    for world in [name for name in args.datasets if args.data or name == SHOP]:
        train, test, features = load_world(args.data, world, args.shop_items)
        setting = SETTINGS[world] | LARGER_BATCHES[world]
        if args.quick:
            train, setting["epochs"], args.seeds = last_sessions(train, 3_000), 1, args.seeds[:1]
        catalog = with_features(ksr.Catalog.from_log(train), {"text": features["text"]})
        print(f"\n{world}: train {train!r}, {catalog!r}, {setting}", flush=True)
        for dropout in args.dropout:
            setting["dropout"] = dropout
            for seed in args.seeds:
                for scores in ("previous", "all"):
                    record = {"dataset": world, "dropout": dropout, "scores": scores, "seed": seed}
                    results = _compared(scores, train, test, catalog, seed, setting)
                    records.add(*(record | result for result in results))
    print("\nMeans over seeds, in %:")
    print_table(means(records, ["dataset", "dropout", "scores", "carried"], _against_rule))


def _compared(
    scores: str, train: Any, test: Any, catalog: Any, seed: int, setting: dict[str, Any]
) -> list[Record]:
    """The rule and the alternatives, of one seed."""
    strategy = ksr.training.Interleaving(scores)
    row = {
        "subnets": ("item", "text"),
        "units": 50,
        "strategy": strategy,
        "epochs": setting["epochs"],
    }
    rows, rule = [], None
    for kept in (RULE, STATES, SCORES):
        model = make_network(row, catalog, seed, setting)
        if kept != RULE:
            keep_dropout(model.network, kept)
        fit_network(model, row, train, catalog, 512, setting)
        result = ksr.evaluate(model, test, k=K, coverage=False)
        record = {"carried": kept, "recall@20": result.recall(K), "mrr@20": result.mrr(K)}
        if rule is None:
            rule = result
        else:
            record["difference"] = result.mrr(K) - rule.mrr(K)
            record["p"] = ksr.compare(result, rule).p_value
        rows.append(record)
    return rows


def _against_rule(same: list[Record]) -> Record:
    """The seeds of a row against those of the rule."""
    if "p" not in same[0]:
        return {}
    difference = 100 * np.mean([r["difference"] for r in same])
    significant = sum(r["p"] < 0.05 for r in same)
    return {"MRR@20 against the rule": f"{difference:+.2f}", "p < 0.05": significant}


if __name__ == "__main__":
    main()
