"""Training on ever more recent data."""

import dataclasses

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from harness.model import chain_log, compile_arguments, weights_of
from keras_sessrec import RecencyStage

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)


def batches(log, catalog):
    return ksr.batches.session_parallel(log, catalog, lanes=4)


def model_of(optimizer=None, **changes):
    model = ksr.models.GRU4Rec(CATALOG, units=[8], seed=1)
    optimizer = optimizer or ksr.optimizers.SparseAdagrad(0.1, momentum=0.2)
    model.compile(**compile_arguments(optimizer=optimizer, **changes))
    return model


class Watch(keras.callbacks.Callback):
    """Notes the optimizer at the end of every epoch."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        optimizer = self.model.optimizer
        rate = float(optimizer.learning_rate)
        self.seen.append((epoch, round(rate, 6), int(optimizer.iterations), optimizer))


def test_it_is_a_fit_and_a_new_compile_for_each_stage():
    tuned, by_hand = model_of(), model_of()
    stages = [RecencyStage(1, 2), RecencyStage(0.25, 3, learning_rate=0.01)]
    histories = ksr.fit_by_recency(tuned, LOG, batches, stages, verbose=0)

    first = by_hand.fit(batches(LOG, CATALOG), epochs=2, verbose=0)
    by_hand.compile(**compile_arguments(optimizer=ksr.optimizers.SparseAdagrad(0.01, momentum=0.2)))
    recent = ksr.data.recent_fraction(LOG, 0.25)
    second = by_hand.fit(batches(recent, CATALOG), epochs=3, verbose=0)
    assert [h.history["loss"] for h in histories] == [
        first.history["loss"],
        second.history["loss"],
    ]
    for ours, theirs in zip(weights_of(tuned).values(), weights_of(by_hand).values(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_every_stage_has_a_fresh_optimizer_at_its_rate():
    watch, seen_logs = Watch(), []

    def noting(log, catalog):
        seen_logs.append(log)
        assert catalog is CATALOG
        return batches(log, catalog)

    stages = [
        RecencyStage(1, 1),
        RecencyStage(1 / 4, 2, learning_rate=0.02),
        RecencyStage(1 / 16, 1),
    ]
    model = model_of(keras.optimizers.Adam(0.05), metrics=[ksr.metrics.MRRAtK(3)])
    before = model.get_compile_config()
    ksr.fit_by_recency(model, LOG, noting, stages, callbacks=[watch], verbose=0)
    steps = [int(batches(log, CATALOG).cardinality()) for log in seen_logs]
    epochs, rates, iterations, optimizers = zip(*watch.seen, strict=True)
    assert epochs == (0, 0, 1, 0)
    assert rates == (0.05, 0.02, 0.02, 0.05)
    assert iterations == (steps[0], steps[1], 2 * steps[1], steps[2])
    assert len({id(o) for o in optimizers}) == 3
    assert [log.num_sessions for log in seen_logs] == [
        ksr.data.recent_fraction(LOG, stage.fraction).num_sessions for stage in stages
    ]
    assert steps[0] > steps[1] > steps[2]
    assert model.get_compile_config() == before
    assert [m.name for m in model.metrics] == ["loss", "mrr_at_3"]


def test_validation_and_early_stopping_go_to_every_stage():
    validation = ksr.batches.whole_sessions(chain_log(21, seed=1), CATALOG, batch_size=8)
    stop = keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=10.0)
    histories = ksr.fit_by_recency(
        model_of(),
        LOG,
        batches,
        [RecencyStage(1, 5), RecencyStage(0.5, 5)],
        validation_data=validation,
        callbacks=[stop],
        verbose=0,
    )
    assert [len(h.history["val_loss"]) for h in histories] == [2, 2]


def test_old_habits_are_unlearned():
    """First i + 1 followed i, lately i + 3 does: the last stage must win."""
    log = chain_log(200)
    num = log.num_sessions
    late = np.arange(num) >= 150
    codes = log.item_codes.copy()
    for session in np.flatnonzero(late):
        begin, end = log.offsets[session], log.offsets[session + 1]
        codes[begin:end] = (codes[begin] + 3 * np.arange(end - begin)) % 10
    log = ksr.data.SessionLog(codes, log.timestamps, log.offsets, log.session_ids, log.item_ids)
    model = model_of(ksr.optimizers.SparseAdagrad(0.3))
    ksr.fit_by_recency(model, log, batches, [RecencyStage(1, 4), RecencyStage(0.2, 8)], verbose=0)
    answers = [r[0][0] for r in model.recommend([[100 + i] for i in range(10)], k=1)]
    assert answers == [100 + (i + 3) % 10 for i in range(10)]


def test_bad_calls():
    stages = [RecencyStage(1, 1)]
    with pytest.raises(ValueError, match=r"`model` must be compiled. Received"):
        ksr.fit_by_recency(ksr.models.GRU4Rec(CATALOG), LOG, batches, stages)
    with pytest.raises(ValueError, match=r"`stages` must hold at least one.*Received: none"):
        ksr.fit_by_recency(model_of(), LOG, batches, [])
    with pytest.raises(ValueError, match=r"`fit_arguments` must not.*Received: \['epochs'\]"):
        ksr.fit_by_recency(model_of(), LOG, batches, stages, epochs=3)


def test_is_plain_data():
    stage = ksr.RecencyStage(1 / 4, epochs=3, learning_rate=0.01)
    assert dataclasses.asdict(stage) == {"fraction": 0.25, "epochs": 3, "learning_rate": 0.01}
    assert stage == ksr.RecencyStage(0.25, 3, 0.01) and hash(stage) == hash(
        ksr.RecencyStage(0.25, 3, 0.01)
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        stage.epochs = 4


@pytest.mark.parametrize(
    "arguments",
    [
        {"fraction": 0, "epochs": 1},
        {"fraction": 1.1, "epochs": 1},
        {"epochs": 0, "fraction": 1},
        {"learning_rate": 0.0, "fraction": 1, "epochs": 1},
        {"learning_rate": float("nan"), "fraction": 1, "epochs": 1},
    ],
)
def test_bad_arguments(arguments):
    name = next(iter(arguments))
    with pytest.raises(ValueError, match=f"`{name}` must be .*Received: {name}="):
        ksr.RecencyStage(**arguments)
