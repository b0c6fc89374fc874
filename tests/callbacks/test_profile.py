"""Keras' profiler sees our training: TensorBoard's Profile page is made of this file."""

import keras

import keras_sessrec as ksr

LANES = 8


def test_profile_holds_our_operations(tmp_path):
    log = ksr.data.synthetic_shop(num_items=40, num_sessions=2_000, seed=1).log
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(catalog, units=[8], seed=1)
    model.compile(ksr.optimizers.SparseAdagrad(0.1), jit_compile=False)
    board = keras.callbacks.TensorBoard(tmp_path, profile_batch=(2, 3))
    batches = ksr.batches.session_parallel(log, catalog, lanes=LANES)
    model.fit(batches, epochs=1, callbacks=[board], verbose=0)
    (profile,) = tmp_path.glob("train/plugins/profile/*/*.xplane.pb")
    trace = profile.read_bytes()
    assert b"Profiled batch" in trace
    assert b"MatMul" in trace
