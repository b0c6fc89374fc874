"""Where the time of a training step goes: operations of the compiled program by kind.

    python benchmarks/step_profile.py --rows 1 --json step_profile.json

Profiles `fit` on rows of `train_speed.py` with TensorFlow's profiler, on one core.
Kinds are told by the names that XLA gives its operations: "updates" are the fused element-wise
operations of the optimizer with their row gathers, "loss and gates" all other fused ones.
"""

from __future__ import annotations

import collections
import os
import pathlib
import tempfile

import tensorflow as tf
from machine import describe
from speed_rows import ROWS
from tables import Records, parser, print_table
from tensorflow.tsl.profiler.protobuf import xplane_pb2
from train_speed_worker import ours

KINDS = {
    "matrix products": ("MatMul", "dot"),
    "scatters": ("wrapped_scatter",),
    "gathers": ("wrapped_gather", "gather_bitcast", "bitcast_gather", "gather_add"),
    "updates": ("multiply_add_fusion",),
    "copies": ("copy", "wrapped_broadcast", "concatenate", "bitcast_concatenate"),
}


def kind_of(name: str) -> str | None:
    """The kind of an event of the profile, `None` for what is no operation of XLA's."""
    for kind, starts in KINDS.items():
        if name.startswith(starts):
            return kind
    return "loss and gates" if "_fusion" in name or name.startswith("wrapped_") else None


def main() -> None:
    arguments = parser(__doc__, "the first two rows only")
    arguments.add_argument("--rows", nargs="+", type=int, default=[0, 1, 2, 3])
    arguments.add_argument("--extras", action="store_true", help="with dropout and momentum")
    args = arguments.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    print(describe())
    records = Records(args.json)
    for row in [ROWS[i] for i in (args.rows[:2] if args.quick else args.rows)]:
        train = ours(row, 1, args.extras)
        train()  # compiles
        with tempfile.TemporaryDirectory() as folder:
            tf.profiler.experimental.start(folder)
            seconds = train()
            tf.profiler.experimental.stop()
            (path,) = pathlib.Path(folder).rglob("*.xplane.pb")
            space = xplane_pb2.XSpace.FromString(path.read_bytes())
        totals: collections.Counter[str] = collections.Counter()
        for plane in space.planes:
            for line in plane.lines:
                for event in line.events:
                    if kind := kind_of(plane.event_metadata[event.metadata_id].name):
                        totals[kind] += event.duration_ps
        whole = 1e6 * seconds / row.steps
        for kind, picoseconds in totals.most_common():
            spent = picoseconds / 1e6 / row.steps
            records.add(
                {
                    "configuration": row.name,
                    "operations": kind,
                    "microseconds per step": spent,
                    "share of the step": spent / whole,
                }
            )
    print_table(records)


if __name__ == "__main__":
    main()
