"""Recipes make, train and keep apart what they say."""

import dataclasses

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.recipes import Recipe, get
from keras_sessrec.recipes.changes import everywhere

# One of each kind: family by family, with and without stages, start, teacher; M2 and M4 train M1.
TRAINED = {
    "gru4rec_2016_rsc15_bpr_100",
    "gru4rec_rsc15_xe_shared_100",
    "prnn_parallel_image_residual_100",
    "tan_m2_100",
    "tan_m3_100",
    "tan_m4_100",
    "gru4rec_then_prefixes_100",
}


@pytest.fixture(scope="module")
def world():
    shop = ksr.data.synthetic_shop(num_items=20, num_sessions=30, seed=1)
    catalog = ksr.Catalog.from_log(shop.log)
    rng = np.random.default_rng(2)
    for name, width in (("image", 5), ("text", 7)):
        catalog = catalog.with_features(name, rng.normal(size=(catalog.num_items, width)))
    return shop.log, catalog


def eager(recipe):
    """Op by op: tracing takes longer than training so little."""
    # Without early stopping, whose evaluation would be op by op too.
    changes = {"compile": {"run_eagerly": True}, "early_stopping": None}
    return everywhere(recipe, lambda _: changes)


def without_words(recipe):
    """All that its training depends on."""
    words = {"name": "", "reference": "", "notes": "", "expects": ()}
    return everywhere(recipe, lambda _: words)


# Tiny forms of recipes that differ in their sizes only are one recipe.
BY_FORM = {
    repr(without_words(get(name).tiny())): name
    for name in sorted(ksr.recipes.list(), key=lambda name: (name in TRAINED, name))
}


def assert_scores(model):
    answer = np.array(model(np.array([[1, 2], [3, 0]])))  # `score` would trace a program
    assert answer.shape == (2, model.catalog.num_items)
    assert np.isfinite(answer).all()


@pytest.mark.parametrize("name", sorted(BY_FORM.values()))
def test_every_recipe_makes_a_model_that_scores(name, world):
    _, catalog = world
    recipe, start = eager(get(name).tiny()), None
    if recipe.start is not None:
        first = recipe.start.start and recipe.start.start.build(catalog, seed=1)
        start = recipe.start.build(catalog, seed=1, start=first)
    assert_scores(recipe.build(catalog, seed=1, start=start))


def test_every_kind_is_trained():
    assert set(BY_FORM.values()) >= TRAINED


@pytest.mark.parametrize(
    "name",
    [
        name if name in TRAINED else pytest.param(name, marks=pytest.mark.slow)
        for name in sorted(BY_FORM.values())
    ],
)
def test_recipe_trains_an_epoch(name, world):
    log, catalog = world
    history = keras.callbacks.History()
    recipe = eager(get(name).tiny())
    model = recipe.train(log, catalog, seed=1, verbose=0, callbacks=[history])
    assert np.isfinite(history.history["loss"]).all()
    assert_scores(model)


def test_a_seed_makes_the_whole_model(world):
    log, catalog = world
    log = log.select_sessions(np.arange(8))
    recipe = eager(get("prnn_parallel_image_interleaving_100").tiny())
    scores = [
        recipe.train(log, catalog, seed=seed, verbose=0).score(np.array([[1, 2]]))
        for seed in (4, 4, 5)
    ]
    np.testing.assert_array_equal(scores[0], scores[1])
    assert np.abs(scores[0] - scores[2]).max() > 1e-4


@pytest.mark.parametrize(("units", "parameters"), [(100, 5_705_384), (1000, 42_548_684)])
def test_m1_is_as_large_as_published(units, parameters):
    model = get(f"tan_m1_{units}").build(ksr.Catalog(np.arange(37_483)))
    assert model.count_params() == parameters


def test_published_settings_are_what_is_built():
    # The authors' diginetica_bprmax_shared_best, as their README quotes it.
    model = get("gru4rec_diginetica_bprmax_shared").build(ksr.Catalog(np.arange(50)))
    assert model.network.subnet.units == [512]
    assert model.network.subnet.dropout == 0.3
    assert model.network.subnet.representation.dropout == 0.5
    assert model.optimizer.momentum == 0.15
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05)
    assert (model.loss.regularization, model.loss.activation.alpha) == (0.9, 1.0)
    assert (model.negatives.num, model.negatives.alpha) == (2048, 0.3)


def test_missing_features_and_a_missing_start_are_named(world):
    log, _ = world
    plain = ksr.Catalog.from_log(log)
    with pytest.raises(ValueError, match=r"`catalog` must carry the features \['image'\]"):
        get("prnn_image_100").build(plain)
    with pytest.raises(ValueError, match="`start` must be a model trained by the recipe"):
        get("tan_m4_100").build(plain)


def test_a_mistyped_field_or_argument_is_an_error(world):
    _, catalog = world
    recipe = get("tan_m1_100")
    with pytest.raises(TypeError, match="epoch"):
        dataclasses.replace(recipe, epoch=3)
    with pytest.raises(ValueError, match="Unrecognized keyword arguments passed to GRU4Rec"):
        dataclasses.replace(recipe, model=("GRU4Rec", {"unit": [3]})).build(catalog)
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.epochs = 3


def test_other_epochs_and_callbacks_reach_fit(world):
    log, catalog = world
    recipe = get("gru4rec_rsc15_bprmax_shared_100").tiny()
    seen = keras.callbacks.History()
    recipe.train(log, catalog, seed=1, epochs=3, callbacks=[seen], verbose=0)
    assert len(seen.history["loss"]) == 3


@pytest.mark.parametrize("name", [pytest.param("tan_m2_100", marks=pytest.mark.slow), "tan_m3_100"])
def test_callbacks_run_once_and_epochs_reach_every_training(name, world):
    class Counts(keras.callbacks.Callback):
        begun, losses = 0, ()

        def on_train_begin(self, logs=None):
            self.begun += 1

        def on_epoch_end(self, epoch, logs=None):
            self.losses += (logs["val_loss"],)

    log, catalog = world
    recipe, counts = get(name).tiny(), Counts()
    recipe.train(log, catalog, 1, epochs=2, callbacks=[counts], verbose=0)
    assert counts.begun == 1
    assert len(counts.losses) == 2
    assert np.isfinite(counts.losses).all()


def test_shuffled_data_is_in_an_order_of_the_seed(world):
    log, catalog = world
    recipe = get("tan_m1_100").tiny()
    seen = []

    class Spied(Recipe):
        def batches_of(self, log, catalog, **arguments):
            seen.append(arguments)
            return super().batches_of(log, catalog, **arguments)

    spied = Spied(**{f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe)})
    eager(spied).train(log, catalog, seed=4, verbose=0)
    assert seen == [{"seed": 4}]


def test_a_teacher_is_judged_as_it_is_asked(world):
    log, catalog = world
    teacher = get("tan_m3_100").tiny().teacher
    seen = keras.callbacks.History()
    model = teacher.train(log, catalog, seed=3, callbacks=[seen], verbose=0)
    _, valid = teacher.kept_apart(log, seed=3)
    futures = ksr.batches.prefixes(valid, catalog, form="futures", max_length=4, shuffle=False)
    found = model.evaluate(futures, return_dict=True, verbose=0)
    assert found["loss"] == pytest.approx(seen.history["val_loss"][-1], rel=1e-5)


def test_arguments_of_another_kind(world):
    log, catalog = world
    recipe = get("tan_m2_100").tiny()
    with pytest.raises(TypeError, match=r"`log` must be a `SessionLog`. Received: tuple"):
        recipe.train((log, "report"))
    other = get("prnn_image_100").tiny().build(catalog, seed=1)
    with pytest.raises(ValueError, match=r"`start` of the recipe .* must be: GRU4Rec.*Parallel"):
        recipe.train(log, catalog, start=other, verbose=0)


def test_training_stops_early_and_keeps_the_best_epoch(world):
    log, catalog = world
    # So fast that the tenth kept apart is soon worse off.
    recipe = dataclasses.replace(
        get("tan_m1_100").tiny(), optimizer=("Adam", {"learning_rate": 0.3}), early_stopping=2
    )
    seen = keras.callbacks.History()
    model = recipe.train(log, catalog, seed=3, epochs=20, callbacks=[seen], verbose=0)
    losses = seen.history["val_loss"]
    assert len(losses) == np.argmin(losses) + 1 + 2 < 20
    train, valid = recipe.kept_apart(log, seed=3)
    assert train.num_sessions + 3 == log.num_sessions
    found = model.evaluate(ksr.batches.whole_sessions(valid, catalog), return_dict=True, verbose=0)
    assert found["loss"] == pytest.approx(min(losses), rel=1e-5)


def test_own_validation_data_keeps_no_session_apart(world):
    log, catalog = world

    class Events(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.trained = self.model.events_trained

    recipe, seen = get("tan_m1_100").tiny(), Events()
    validation = ksr.batches.whole_sessions(log.select_sessions(np.arange(5)), catalog)
    own = {"validation_data": validation, "callbacks": [seen], "verbose": 0}
    recipe.train(log, catalog, seed=1, **own)
    assert seen.trained == (log.lengths - 1).sum()


def test_a_trained_start_is_not_trained_again(world):
    log, catalog = world
    recipe = get("tan_m4_100").tiny()
    start = recipe.start.build(catalog, seed=7)
    before, seen = np.array(start.item_embeddings), keras.callbacks.History()
    model = recipe.train(log, catalog, seed=1, start=start, callbacks=[seen], verbose=0)
    assert np.isfinite(seen.history["val_loss"]).all()
    np.testing.assert_array_equal(start.item_embeddings, before)
    vectors = before / np.linalg.norm(before, axis=1, keepdims=True)
    np.testing.assert_allclose(model.network.head().table()[0][: len(vectors)], vectors, atol=1e-5)


def test_stages_are_judged_on_what_is_recent(world):
    log, _ = world
    recipe = get("tan_m2_100")
    train, valid = recipe.kept_apart(log, seed=1)
    same, more = recipe.start.kept_apart(log, seed=1)
    np.testing.assert_array_equal(train.session_ids, same.session_ids)
    assert valid.num_sessions < more.num_sessions
    assert valid.start_times.max() == more.start_times.max()


@pytest.mark.slow
def test_a_recipe_that_was_killed_goes_on(tmp_path, monkeypatch):
    """The teacher is not trained again; the weights are those of an unbroken training."""
    log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    recipe = ksr.recipes.get("tan_m3_100").tiny().with_epochs(2)
    arguments = {"seed": 1, "verbose": 0}
    whole = recipe.train(log, **arguments)

    class Kill(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        recipe.train(log, backup_dir=tmp_path / "backup", callbacks=[Kill()], **arguments)
    steps = []
    step = ksr.models.GRU4Rec.begin_epoch
    monkeypatch.setattr(
        ksr.models.GRU4Rec,
        "begin_epoch",
        lambda self, epoch: steps.append(epoch) or step(self, epoch),
    )
    model = recipe.train(log, backup_dir=tmp_path / "backup", **arguments)
    assert steps == [0, 1], "the broken training alone, killed before its first backup"
    for one, other in zip(model.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not (tmp_path / "backup").exists()
