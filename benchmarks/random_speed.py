"""Time of random numbers inside an XLA program: Keras' generator against ours.

    python benchmarks/random_speed.py

Shows why `keras_sessrec.ops.counter_random` exists: a training step draws about 4,000 numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from machine import describe, seconds
from tables import Records, parser, print_table

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
    times = [seconds(lambda: program().numpy()) for _ in range(repeats)]
    return float(np.median(times)) / loops * 1e6


def main() -> None:
    args = parser(__doc__, "fewer repeats").parse_args()
    print(describe())
    seed = keras.random.SeedGenerator(1)
    generators = {
        "keras.random.uniform": lambda: keras.random.uniform((COUNT,), seed=seed),
        "counter_random.random_uniform": lambda: random_uniform((COUNT,), seed),
    }
    records = Records(args.json)
    for name, draw in generators.items():
        spent = microseconds(draw, 200, 3 if args.quick else 15)
        records.add({"generator": name, f"microseconds for {COUNT}": spent})
    print_table(records)


if __name__ == "__main__":
    main()
