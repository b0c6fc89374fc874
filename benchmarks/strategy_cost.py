"""Time of a p-RNN's mini-batch by what its strategy trains: frozen subnets must cost less.

    python benchmarks/strategy_cost.py --json strategy_cost.json

Two subnets of 500 units, one over ids, one over 1,024 random image values; parallel fusion, in
turns in one process, the median counts, as ratio to simultaneous training. A mini-batch's time is
the difference between a long and a short `fit`, so that what a `fit` costs once does not count.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from click_logs import random_log, zipf_catalog
from machine import describe, in_turns
from tables import Records, parser, print_table

import keras_sessrec as ksr
from keras_sessrec.training import Stages, Update

STRATEGIES = {
    "simultaneous": [Update([0, 1], [0, 1])],
    "alternating, the item subnet's turn": [Update([0], [0, 1])],
    "alternating, the image subnet's turn": [Update([1], [0, 1])],
    "residual, first stage": [Update([0], [0])],
    "residual, second stage": [Update([1], [0, 1])],
    "interleaving (two updates)": [Update([0], [0]), Update([1], [0, 1])],
}


def network(catalog: ksr.Catalog, units: int) -> ksr.models.ParallelGRU4Rec:
    """An item and an image subnet."""
    return ksr.models.ParallelGRU4Rec(
        catalog,
        subnets={
            "item": ksr.layers.Subnet(ksr.layers.OneHotItem(seed=1), [units], seed=1),
            "image": ksr.layers.Subnet(ksr.layers.FeatureTable("image", seed=2), [units], seed=2),
        },
        seed=1,
    )


def main() -> None:
    arguments = parser(__doc__, "fewer items and mini-batches")
    arguments.add_argument("--units", type=int, default=500)
    arguments.add_argument("--lanes", type=int, default=50)
    arguments.add_argument("--samples", type=int, default=2048)
    arguments.add_argument("--steps", type=int, help="of the long fit; on a GPU thousands")
    args = arguments.parse_args()
    num_items, repeats = (2_000, 3) if args.quick else (20_000, 7)
    long = args.steps or (60 if args.quick else 250)
    short = long // 5
    print(describe())

    catalog = zipf_catalog(num_items)
    log = random_log(catalog, long * args.lanes)
    image = np.random.default_rng(0).normal(size=(num_items, 1024)).astype(np.float32)
    catalog = catalog.with_features("image", image / np.linalg.norm(image, axis=1, keepdims=True))
    batches = ksr.batches.session_parallel(log, catalog, lanes=args.lanes)
    calls = {}
    for name, updates in STRATEGIES.items():
        model = network(catalog, args.units)
        model.compile(
            ksr.optimizers.SparseAdagrad(0.05, momentum=0.1),
            ksr.losses.CrossEntropy(),
            ksr.samplers.Popularity(args.samples, alpha=0.5, logq=1.0),
            strategy=Stages([(1, updates)]),
            steps_per_execution=min(100, short),
        )
        for steps in (short, long):
            calls[name, steps] = partial(model.fit, batches.take(steps), verbose=0)
    seconds = in_turns(calls, repeats)
    medians = {
        name: (seconds[name, long] - seconds[name, short]) / (long - short) for name in STRATEGIES
    }
    records = Records(args.json)
    for name, median in medians.items():
        records.add(
            {
                "strategy": name,
                "units": f"{args.units}+{args.units}",
                "lanes": args.lanes,
                "milliseconds per mini-batch": 1e3 * median,
                "ratio to simultaneous": median / medians["simultaneous"],
            }
        )
    print_table(records)


if __name__ == "__main__":
    main()
