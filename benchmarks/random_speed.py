"""Time of random numbers inside an XLA program: Keras' generator against ours.

    python benchmarks/random_speed.py

Shows why `keras_sessrec.counter_random` exists: a training step draws about 4,000 numbers.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from machine import describe, print_table, write_json

from keras_sessrec.ops.counter_random import random_uniform

COUNT = 2048


def microseconds(draw: Callable[[], tf.Tensor], loops: int, repeats: int) -> float:
    """Median time of one draw in a compiled loop."""

    @tf.function(jit_compile=True, autograph=False)
    def program() -> tf.Tensor:
        def body(i: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            return i + 1, total + tf.reduce_sum(draw())

        return tf.while_loop(lambda i, _: i < loops, body, [tf.constant(0), tf.constant(0.0)])[1]

    program()
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        program().numpy()
        times.append(time.perf_counter() - begin)
    return float(np.median(times)) / loops * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--json", help="file for one record per row")
    args = parser.parse_args()
    print(describe())
    seed = keras.random.SeedGenerator(1)
    generators = {
        "keras.random.uniform": lambda: keras.random.uniform((COUNT,), seed=seed),
        "counter_random.random_uniform": lambda: random_uniform((COUNT,), seed),
    }
    rows = [
        {"generator": name, f"microseconds for {COUNT}": microseconds(draw, 200, repeats)}
        for name, draw in generators.items()
        for repeats in [3 if args.quick else 15]
    ]
    print_table(rows)
    write_json(args.json, rows)


if __name__ == "__main__":
    main()
