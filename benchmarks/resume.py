"""What backups cost a training, how large and slow a snapshot is, how soon a killed one goes on.

    python benchmarks/resume.py --data DIR --json resume.json

Three parts. `cost`: RSC15's last 1/64 (`DIR/rsc15_64`; the synthetic shop without --data), a
GRU4Rec of 100 units with one table for input and output, trained with and without
`BackupAndRestore`, in turns in one process; medians, as ratio to the training without. `snapshot`:
such a network by the number of its items: size, time to write it and to read it back. `resume`: a
random log of RSC15's size, killed in the middle of an epoch: seconds from making the batches to
the first new block of mini-batches, and how many of these a log of 1,000 sessions takes, too:
reading the snapshot, compiling, one block.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from click_logs import NUM_ITEMS, NUM_SESSIONS, load, random_log, zipf_catalog
from machine import describe, in_turns, seconds
from tables import Record, Records, parser, print_table

import keras_sessrec as ksr
from keras_sessrec.models.training_state import set_training_state, training_state
from keras_sessrec.training.snapshots import Snapshots

LANES = 32
BATCHES: dict[str, Callable[..., tf.data.Dataset]] = {
    "session_parallel": partial(ksr.batches.session_parallel, lanes=LANES),
    "session_parallel, shuffled": partial(ksr.batches.session_parallel, lanes=LANES, shuffle=True),
    "prefixes": ksr.batches.prefixes,
    "prefixes, packed": partial(ksr.batches.prefixes, form="packed"),
}


def network(catalog: ksr.Catalog) -> ksr.models.GRU4Rec:
    """A compiled model."""
    model = ksr.models.GRU4Rec(catalog, units=[100], tie_embeddings=True, seed=1)
    model.compile(ksr.optimizers.SparseAdagrad(0.05, momentum=0.1))
    return model


class Count(keras.callbacks.Callback):
    """Counts the snapshots that come to be in a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.newest = folder, 0

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._look()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._look()

    def _look(self) -> None:
        numbers = [int(path.stem.split("-")[1]) for path in self.folder.glob("snapshot-*.npz")]
        self.newest = max([self.newest, *numbers])


def cost(args: Any) -> list[Record]:
    """Rows of the first part."""
    train, _ = load(args.data, "rsc15_64", args.quick)
    catalog = ksr.Catalog.from_log(train)
    batches = ksr.batches.session_parallel(train, catalog, lanes=LANES)
    kinds: dict[str, dict[str, Any] | None] = {
        "none": None,
        "at every epoch (default)": {},
        "every 5 seconds": {"save_freq": False, "seconds": 5},
        "every 1,000 mini-batches": {"save_freq": 1000},
    }
    counts = {}

    def trains(name: str) -> Callable[[], Any]:
        model, options = network(catalog), kinds[name]

        def train() -> None:
            with tempfile.TemporaryDirectory() as folder:
                callbacks = []
                if options is not None:
                    backup = ksr.callbacks.BackupAndRestore(folder, **options)
                    counts[name] = Count(Path(folder))
                    callbacks = [backup, counts[name]]
                model.fit(batches, epochs=2, callbacks=callbacks, verbose=0)

        return train

    medians = in_turns({name: trains(name) for name in kinds}, 3 if args.quick else 9)
    return [
        {
            "part": "cost",
            "backups": name,
            "snapshots": counts[name].newest if name in counts else 0,
            "seconds": median,
            "ratio to none": median / medians["none"],
        }
        for name, median in medians.items()
    ]


def snapshot(num_items: int) -> Record:
    """A row of the second part."""
    model = network(zipf_catalog(num_items))
    with tempfile.TemporaryDirectory() as folder:
        snapshots = Snapshots(folder)
        read = lambda: set_training_state(model, *snapshots.newest())  # noqa: E731
        writing = seconds(lambda: snapshots.write(*training_state(model)))
        (path,) = Path(folder).iterdir()
        return {
            "part": "snapshot",
            "items": num_items,
            "MB": path.stat().st_size / 1e6,
            "write, s": writing,
            "read, s": seconds(read),
        }


class Enough(Exception):
    """What `Stop` raises."""


class Stop(keras.callbacks.Callback):
    """Breaks a training off after its first block."""

    hears_last = True  # after the backup

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        raise Enough


def resume(name: str, num_sessions: int) -> Record:
    """A row of the third part."""
    catalog = zipf_catalog(NUM_ITEMS)
    large, small = (random_log(catalog, count) for count in (num_sessions, 1000))
    times = {}
    for log in (small, large):
        with tempfile.TemporaryDirectory() as folder:
            _kill(name, log, catalog, folder)
            made = []
            making = seconds(lambda log=log, made=made: made.append(BATCHES[name](log, catalog)))
            going_on = seconds(partial(_first_block, network(catalog), made[0], folder, "epoch"))
            times[log is large] = making, going_on
    (_, common), (making, going_on) = times[False], times[True]
    return {
        "part": "resume",
        "batches": name,
        "clicks": large.num_events,
        "batches made, s": making,
        "first block, s": going_on,
        "of these compiling, s": common,
        "beyond compiling, s": making + going_on - common,
    }


def _first_block(model: Any, batches: tf.data.Dataset, folder: str, save_freq: str | int) -> None:
    backup = ksr.callbacks.BackupAndRestore(folder, save_freq)
    with contextlib.suppress(Enough):
        model.fit(batches, callbacks=[backup, Stop()], verbose=0)


def _kill(name: str, log: ksr.data.SessionLog, catalog: ksr.Catalog, folder: str) -> None:
    """Leaves a snapshot of a training that has come to the middle of an epoch.

    Its weights are those of the first block: what they are does not matter to its time.
    """
    batches = BATCHES[name](log, catalog)
    _first_block(network(catalog), batches, folder, save_freq=1)
    facts, arrays = Snapshots(folder).newest()
    facts["at"]["done"] *= int(batches.cardinality()) // 2 // facts["at"]["done"]
    Snapshots(folder).write(facts, arrays)


def main() -> None:
    arguments = parser(__doc__, "fewer sessions and items, shorter runs")
    arguments.add_argument("--data", help="folder of click logs; the synthetic shop without it")
    args = arguments.parse_args()
    print(describe())
    records = Records(args.json)
    records.add(*cost(args))
    for num_items in (10_000, 100_000, 1_000_000)[: 2 if args.quick else 3]:
        records.add(snapshot(num_items))
    for name in BATCHES:
        records.add(resume(name, 100_000 if args.quick else NUM_SESSIONS))
    for part in ("cost", "snapshot", "resume"):
        print_table(
            {k: v for k, v in row.items() if k != "part"} for row in records if row["part"] == part
        )


if __name__ == "__main__":
    main()
