"""Trains in processes that are killed; imports TensorFlow once for all of them.

A copy of a process in which TensorFlow has begun to compute does not work. So one process imports
all there is and computes nothing; for every training it makes a copy of itself.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass
class Ended:
    """How a training has ended.

    Attributes:
        code: int, the exit code; minus its number where a signal has killed it.
        blocks: int, blocks of mini-batches that it has trained on.
        seconds: float, from the first of them.
        in_write: bool, whether it has left a file that it had begun to write.
    """

    code: int
    blocks: int
    seconds: float
    in_write: bool


class Zygote:
    """The process that all trainings are copies of."""

    def __init__(self):
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "OPENBLAS_NUM_THREADS": "1",  # threads are not copied
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.zygote"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def train(self, world, folder, save_freq=None, number=0, after=1, wait=0.0, in_write=False):
        """Trains one of `killed.WORLDS` until its end or until it is killed.

        Args:
            world: str.
            folder: Path; the training's backup and, if it comes to its end, its outcome.
            save_freq: As `BackupAndRestore` takes it; `None` for no backup.
            number: int, of the signal, or 0 for none.
            after: int, the signal comes after so many blocks of mini-batches,
            wait: float, and so many seconds,
            in_write: bool, and, if true, when something is being written.

        Returns:
            `Ended`.
        """
        folder.mkdir(exist_ok=True)
        asked = [world, str(folder), save_freq, int(number), int(after), wait, in_write]
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        ended = Ended(**json.loads(self._process.stdout.readline()))
        assert ended.code != 1, (folder / "printed").read_text()[-3000:]
        return ended

    def close(self):
        self._process.stdin.close()
        assert self._process.wait(60) == 0


def _serve():
    import keras_tuner  # noqa: F401  all that is slow
    from tensorflow.python.eager.context import context

    import harness.killed  # noqa: F401

    for line in sys.stdin:
        world, folder, save_freq, *kill = json.loads(line)
        assert context()._context_handle is None, "TensorFlow has begun to compute: no copies"
        ends, ended = os.pipe()
        child = os.fork()
        if not child:
            os._exit(_train(world, Path(folder), save_freq, ended))
        os.close(ended)
        print(json.dumps(vars(_watch(child, Path(folder), ends, *kill))), flush=True)
        os.close(ends)


def _watch(child, folder, ends, number, after, wait, in_write):
    """Lets a training run until it ends, or sends it a signal."""
    blocks = len(os.read(ends, 1))  # a byte for each; none when the training has ended
    begin, status = time.monotonic(), None
    while blocks < after and os.read(ends, 1):
        blocks += 1
    reached = time.monotonic()
    while number and time.monotonic() - reached < wait and status is None:
        time.sleep(0.0005)
        status = _status(child)
    while in_write and status is None and not _writes(folder):
        status = _status(child)
    if number and status is None:
        os.kill(child, number)
    while more := os.read(ends, 1 << 16):
        blocks += len(more)
    if status is None:
        status = os.waitpid(child, 0)[1]
    seconds = time.monotonic() - begin
    return Ended(os.waitstatus_to_exitcode(status), blocks, seconds, _writes(folder))


def _status(child):
    """The status of a process that has ended."""
    ended, status = os.waitpid(child, os.WNOHANG)
    return status if ended else None


def _writes(folder):
    try:
        return any(folder.rglob(".unfinished-*"))
    except FileNotFoundError:  # a training that has ended takes its folder away meanwhile
        return False


def _train(world, folder, save_freq, ended):
    """The life of a copy; returns its exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with open(folder / "printed", "w") as printed:
        os.dup2(printed.fileno(), 1)
        os.dup2(printed.fileno(), 2)
    try:
        _outcome(world, folder, save_freq, ended)
    except SystemExit as error:
        return error.code
    except KeyboardInterrupt:
        return 130
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _outcome(world, folder, save_freq, ended):
    """Trains, and writes what has come out."""
    import tensorflow as tf

    import keras_sessrec as ksr
    from harness.killed import WORLDS
    from keras_sessrec.training.fit_callbacks import FitCallbacks

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    end_batch = FitCallbacks.on_train_batch_end

    def tell(self, batch, logs=None):
        os.write(ended, b".")
        end_batch(self, batch, logs)

    FitCallbacks.on_train_batch_end = tell
    backup = save_freq and ksr.callbacks.BackupAndRestore(folder / "backup", save_freq)
    arrays, rest = WORLDS[world](folder, backup)
    np.savez(folder / "outcome.npz", *arrays, rest=np.array(json.dumps(rest, default=float)))


if __name__ == "__main__":
    _serve()
