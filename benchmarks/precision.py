"""What half-precision arithmetic changes in accuracy and speed.

    python benchmarks/precision.py --data DIR --json precision.json

One recipe, `gru4rec_rsc15_xe_shared_100`, trained with the same seeds in float32, in TF32 (a GPU's
products of float32 with 10 bits of mantissa, which is TensorFlow's default there) and with
`dtype="mixed_bfloat16"`; every run in a process of its own. DIR holds `rsc15_64` with
`train.parquet` and `test.parquet`; without it the synthetic shop is used. Without a GPU TF32 is
left out: it is float32 there.
"""

from __future__ import annotations

import json
import time
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from click_logs import load
from machine import describe, in_own_process
from tables import Records, means, parser, print_table

import keras_sessrec as ksr

RECIPE = "gru4rec_rsc15_xe_shared_100"
FORMS = ("float32", "TF32", "mixed_bfloat16")


class EpochSeconds(keras.callbacks.Callback):
    """Times the epochs."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._begin = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.seconds.append(time.perf_counter() - self._begin)


def measure(data: str | None, form: str, seed: int, quick: bool) -> dict:
    """The record of one training, in this process."""
    tf.config.experimental.enable_tensor_float_32_execution(form == "TF32")
    train, test = load(data, "rsc15_64", quick)
    catalog = ksr.Catalog.from_log(train)
    recipe = ksr.recipes.get(RECIPE)
    if form == "mixed_bfloat16":
        recipe = recipe.with_arguments({"model.dtype": form})
    clock = EpochSeconds()
    options = {"epochs": 2} if quick else {}
    model = recipe.train(train, catalog, seed, callbacks=[clock], verbose=0, **options)
    result = ksr.evaluate(model, test, k=20, unseen="drop", coverage=False)
    return {
        "arithmetic": form,
        "seed": seed,
        "recall@20": result.recall(20),
        "mrr@20": result.mrr(20),
        "seconds an epoch": float(np.median(clock.seconds[1:])),  # the first one compiles
    }


def main() -> None:
    arguments = parser(__doc__, "one seed, two epochs, 10,000 sessions")
    arguments.add_argument("--data", help="folder of the data sets; else the synthetic shop")
    arguments.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    arguments.add_argument("--row", nargs=2, help="form and seed: measures one here, prints JSON")
    args = arguments.parse_args()
    if args.row:
        print(json.dumps(measure(args.data, args.row[0], int(args.row[1]), args.quick)))
        return
    print(describe())
    has_gpu = bool(tf.config.list_physical_devices("GPU"))
    options = [*(["--data", args.data] if args.data else []), *(["--quick"] if args.quick else [])]
    records = Records(args.json)
    for seed in args.seeds[:1] if args.quick else args.seeds:
        for form in FORMS:
            if form != "TF32" or has_gpu:
                records.add(in_own_process(__file__, "--row", form, str(seed), *options))
    speed = {
        form: sum(r["seconds an epoch"] for r in records if r["arithmetic"] == form)
        for form in FORMS
    }
    print_table(
        means(
            records,
            ["arithmetic"],
            lambda same: {"time to float32": speed[same[0]["arithmetic"]] / speed["float32"]},
        )
    )


if __name__ == "__main__":
    main()
