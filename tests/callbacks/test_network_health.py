"""Saturation, norms and gradients, against numpy and finite differences."""

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from harness.event_files import read_events
from harness.model import chain_log, compile_arguments
from keras_sessrec.callbacks import network_health

LOG = chain_log()
CATALOG = ksr.Catalog.from_log(LOG)
SESSIONS = [[100, 101, 102, 103], [7, 105], [105, "?", 106], [109]]
READ = [[100, 101, 102, 103], [105, 106]]  # what has a target, without unknown items


def new_model(**changes):
    return ksr.models.GRU4Rec(CATALOG, **{"units": [8], "hidden_dropout": 0.5, "seed": 1} | changes)


def trained(callbacks, model, **kwargs):
    model.compile(**compile_arguments(metrics=[], **kwargs))
    batches = ksr.batches.session_parallel(LOG, CATALOG, lanes=8)
    model.fit(batches, epochs=2, verbose=0, callbacks=callbacks)
    return model


def cost_of(model):
    """Cross-entropy among all items, prefix by prefix, float64."""
    losses = []
    for session in READ:
        items = CATALOG.encode(session)
        for n in range(1, len(items)):
            scores = model.score(items[None, :n])[0].astype(np.float64)
            losses.append(np.log(np.exp(scores).sum()) - scores[items[n] - 1])
    return np.mean(losses)


def hidden_of(model):
    encode = model.network.encode
    hidden = [encode(CATALOG.encode(s)[None, :-1])[0]["network"][0].numpy() for s in READ]
    return np.abs(np.concatenate(hidden))


def total(histogram):
    return histogram[:, 2].sum()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    log_dir = tmp_path_factory.mktemp("logs")
    model = trained([ksr.callbacks.NetworkHealth(log_dir, SESSIONS)], new_model())
    return model, read_events(log_dir / "health")


def test_all_weights_have_gradients_in_every_epoch(written):
    model, events = written
    weights = [w.path for w in model.trainable_variables]
    tags = {"hidden/size", "hidden/saturated", "item_vectors/norm", "gradient_norm/all"}
    tags |= {f"{kind}/{path}" for kind in ("gradient", "gradient_norm") for path in weights}
    assert len(tags) == 4 + 2 * len(weights)
    assert set(events) == {(tag, epoch) for tag in tags for epoch in (0, 1)}


def test_hidden_vectors_of_events_with_a_target(written):
    model, events = written
    hidden = hidden_of(model)
    assert hidden.shape == (4, 8)
    histogram = events["hidden/size", 1]
    assert total(histogram) == hidden.size
    assert histogram[0, 0] == pytest.approx(hidden.min(), abs=1e-6)
    assert histogram[-1, 1] == pytest.approx(hidden.max(), abs=1e-6)
    assert events["hidden/saturated", 1] == pytest.approx((hidden > 0.99).mean())


def test_saturation_is_seen(tmp_path):
    model = new_model()
    for weight in model.network.subnet.trainable_variables:
        weight.assign(weight * 1000)
    callback = ksr.callbacks.NetworkHealth(tmp_path, SESSIONS)
    optimizer = keras.optimizers.SGD(0.0)
    trained([callback], model, optimizer=optimizer)
    share = (hidden_of(model) > 0.99).mean()
    assert share > 0.2
    events = read_events(tmp_path / "health")
    assert events["hidden/saturated", 0] == pytest.approx(share)


def test_lengths_of_item_vectors_without_the_padding_row(written):
    model, events = written
    norms = np.sqrt((model.network.scorer.table.numpy()[1:] ** 2).sum(axis=1))
    histogram = events["item_vectors/norm", 1]
    assert total(histogram) == CATALOG.num_items
    assert histogram[0, 0] == pytest.approx(norms.min(), rel=1e-5)
    assert histogram[-1, 1] == pytest.approx(norms.max(), rel=1e-5)


def test_gradients_are_those_of_the_loss_without_dropout(written):
    """Along itself, a gradient's slope is its length."""
    model, events = written
    squares = 0.0
    for weight in model.trainable_variables:
        norm = float(events[f"gradient_norm/{weight.path}", 1])
        squares += norm**2
        callback = network_health.NetworkHealth("", SESSIONS)
        callback.set_model(model)
        _, gradients = network_health._hidden_and_gradients(model, *callback._read_sessions())
        index = [w.path for w in model.trainable_variables].index(weight.path)
        gradient = gradients[index].numpy()
        assert np.linalg.norm(gradient) == pytest.approx(norm, rel=1e-4)
        histogram = events[f"gradient/{weight.path}", 1]
        assert total(histogram) == np.count_nonzero(gradient)
        assert histogram[0, 0] == pytest.approx(gradient.min(), rel=1e-4)
        assert histogram[-1, 1] == pytest.approx(gradient.max(), rel=1e-4)
        before, step = weight.numpy(), 0.01
        slopes = []
        for sign in (1, -1):
            weight.assign(before + sign * step * gradient / norm)
            slopes.append(cost_of(model))
        weight.assign(before)
        assert (slopes[0] - slopes[1]) / (2 * step) == pytest.approx(norm, rel=0.02)
    assert events["gradient_norm/all", 1] == pytest.approx(squares**0.5, rel=1e-4)


def test_it_leaves_training_as_it_is(written):
    with_it, without = written[0], trained([], new_model())
    for ours, theirs in zip(with_it.weights, without.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs, ours.path)


def test_keras_own_callback_shows_the_weights(tmp_path):
    """So that this package need not: all of them, each with a tag of its own."""
    model = trained([keras.callbacks.TensorBoard(tmp_path, histogram_freq=1)], new_model())
    events = read_events(tmp_path / "train")
    paths = {weight.path for weight in model.trainable_weights}
    assert len(paths) == len(model.trainable_weights)
    assert {f"{path}/histogram" for path in paths} <= {tag for tag, _ in events}


def test_a_large_catalog_reads_the_first_sessions_only(monkeypatch):
    callback = network_health.NetworkHealth("", [[100, 101, 102], [103, 104], [105, 106]])
    callback.set_model(new_model())
    for num_scores, num_sessions in ((0, 1), (29, 1), (30, 2), (39, 2), (40, 3)):
        monkeypatch.setattr(network_health, "MAX_SCORES", num_scores)
        items, targets = callback._read_sessions()
        assert len(items) == num_sessions
        assert targets[0].tolist() == CATALOG.encode([101, 102]).tolist()


def test_several_subnets(tmp_path):
    subnets = {n: ksr.layers.Subnet(ksr.layers.OneHotItem(), units=[4]) for n in ("a", "b")}
    model = ksr.models.ParallelGRU4Rec(CATALOG, subnets, seed=1)
    trained([ksr.callbacks.NetworkHealth(tmp_path, SESSIONS)], model)
    events = read_events(tmp_path / "health")
    tags = {tag for tag, _ in events}
    assert {f"gradient_norm/{w.path}" for w in model.trainable_weights} <= tags
    assert "item_vectors/norm" in tags
    assert total(events["hidden/size", 1]) == 4 * (4 + 4)


def test_sessions_without_a_target(tmp_path):
    callback = ksr.callbacks.NetworkHealth(tmp_path, [[100], ["?", 101]])
    with pytest.raises(ValueError, match=r"two items of the catalog.* 2 sessions"):
        trained([callback], new_model())
