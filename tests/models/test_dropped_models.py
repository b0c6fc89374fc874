"""Models that were dropped leave nothing behind."""

import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments
from keras_sessrec.models import dropped_models
from keras_sessrec.training import shared_programs

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)
TRAIN = ksr.batches.session_parallel(LOG, CATALOG, lanes=8)


def trained(seed, **arguments):
    model = ksr.models.GRU4Rec(CATALOG, units=[8], hidden_dropout=0.1, seed=seed)
    model.compile(**compile_arguments(jit_compile=True, **arguments))
    model.fit(TRAIN, verbose=0)
    return model


def held():
    """Threads and open files of this process."""
    return len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))


def used(seed):
    """What people do with a model; returns references to it and to its network."""
    model = trained(seed)
    ksr.evaluate(model, LOG, k=1)
    model.recommend([[101]], k=2)
    return [weakref.ref(model), weakref.ref(model.network), weakref.ref(model.optimizer)]


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="needs Linux")
def test_models_trained_one_after_the_other_leave_nothing(monkeypatch):
    monkeypatch.setattr(shared_programs, "_programs", {})
    references = used(1)  # starts the threads of TensorFlow and XLA
    before = held()
    for seed in (2, 3):
        references += used(seed)
    last = trained(4)
    # Every Keras layer refers to itself (its `build` is wrapped), so all wait for the collector.
    gc.collect()
    assert [reference() for reference in references] == [None] * 9
    assert held() == before
    assert len(shared_programs._programs) == 1, "seeds do not make programs of their own"

    # The program of the others trained the last one as its own would have, bit for bit.
    monkeypatch.setattr(shared_programs, "_programs", {})
    alone = trained(4)
    assert len(shared_programs._programs) == 1
    for ours, shared in zip(alone.variables, last.variables, strict=True):
        np.testing.assert_array_equal(np.array(ours), np.array(shared))


def test_large_models_are_freed_before_the_next_is_made(monkeypatch):
    """By weight: these few objects would not bring the collector for long."""
    monkeypatch.setattr(dropped_models, "LIMIT", 10_000)
    monkeypatch.setattr(dropped_models, "_kept", dropped_models._weight())
    gc.disable()
    try:
        large = [weakref.ref(ksr.models.GRU4Rec(CATALOG, units=[32])) for _ in range(2)]
        kept = ksr.models.GRU4Rec(CATALOG, units=[32])
        assert [model() for model in large] == [None, None]
        small = [ksr.models.GRU4Rec(CATALOG, units=[1])]  # counts what is kept
        collected = []
        monkeypatch.setattr(gc, "collect", lambda: collected.append(True))
        small += [ksr.models.GRU4Rec(CATALOG, units=[1]) for _ in range(3)]
        assert collected == [], "what is kept does not count again"
    finally:
        gc.enable()
    assert {kept.network, *(model.network for model in small)} <= set(dropped_models._networks)


# The resident memory, in MiB, after each of the models that are trained one after the other.
GROWTH = """
import gc, pathlib
import keras_sessrec as ksr

log = ksr.data.synthetic_shop(num_items=300, num_sessions=300, seed=1).log
catalog = ksr.Catalog.from_log(log)
for seed in range(16):
    model = ksr.models.GRU4Rec(catalog, units=[50], seed=seed)
    model.compile(negatives=ksr.samplers.Uniform(256))
    model.fit(ksr.batches.session_parallel(log, catalog, lanes=16), verbose=0)
    ksr.evaluate(model, log, k=20)
    del model
    gc.collect()
    (line,) = [x for x in open("/proc/self/status") if x.startswith("VmRSS")]
    print(int(line.split()[1]) / 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs Linux")
def test_a_process_that_trains_many_models_stays_of_one_size():
    done = subprocess.run(
        [sys.executable, "-c", GROWTH],
        cwd=Path(ksr.__file__).parents[1],
        capture_output=True,
        check=True,
        text=True,
    )
    memory = np.array(done.stdout.split(), float)[4:]  # pools of memory have filled by then
    # A program of XLA for each model would be 8 MiB and more.
    assert np.polyfit(range(len(memory)), memory, 1)[0] < 2.0, memory
