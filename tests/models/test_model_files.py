"""Model files that were damaged, or made to take all memory."""

import json
import os
import random
import subprocess
import sys
import textwrap
import zipfile

import keras
import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.models.model_files import load_model_file

CATALOG = ksr.Catalog([f"item-{i}" for i in range(60)])
WITH_WORDS = CATALOG.with_features(
    "words", ksr.catalog.ItemFeatures.sparse(np.arange(61), np.arange(60) % 7, np.ones(60), width=7)
).with_features("look", np.eye(60)[:, :5])


def gru4rec(seed=1, **arguments):
    model = ksr.models.GRU4Rec(CATALOG, units=[6], seed=seed, **arguments)
    model.compile(negatives=ksr.samplers.Uniform(4))
    return model


def models():
    subnets = {
        "words": ksr.layers.Subnet(ksr.layers.FeatureTable("words"), units=[4]),
        "look": ksr.layers.Subnet(ksr.layers.FeatureTable("look"), units=[4]),
    }
    embedded = gru4rec(embedding_dim=5)
    return {
        "gru4rec": gru4rec(dense_units=[5]),
        "embedded": embedded,
        "discounted": gru4rec(input_discount=0.5),
        "parallel": ksr.models.ParallelGRU4Rec(WITH_WORDS, subnets),
        "m4": ksr.models.EmbeddingGRU4Rec(CATALOG, embedded, units=[6]),
    }


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for name, model in models().items():
        model.save(folder / f"{name}.keras")
    return folder


def rewritten(source, target, change):
    """Copies a model file with another configuration."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config["config"])
                content = json.dumps(config)
            new.writestr(name, content)


def features(config, name):
    return config["catalog"]["config"]["features"][name]


def subnet(config, name):
    return config["subnets"][name]["config"]


BIG = 10**9
HOSTILE = [
    ("gru4rec", "units", lambda c: c.update(units=[BIG])),
    ("gru4rec", "units twice", lambda c: c.update(units=[6, BIG])),
    ("gru4rec", "layers", lambda c: c.update(units=[1] * 200_000)),
    ("gru4rec", "dense units", lambda c: c.update(dense_units=[BIG])),
    ("gru4rec", "some more units", lambda c: c.update(units=[3000])),
    ("embedded", "dim", lambda c: c.update(embedding_dim=BIG)),
    ("discounted", "window", lambda c: c.update(input_window=BIG)),
    ("parallel", "width", lambda c: features(c, "words").update(width=2**31 - 1)),
    ("parallel", "wide look", lambda c: features(c, "look").update(width=BIG)),
    ("parallel", "shape", lambda c: features(c, "look")["matrix"].update(shape=[60, BIG])),
    ("parallel", "subnet", lambda c: subnet(c, "look").update(units=[BIG])),
    ("m4", "vectors", lambda c: c.update(embedding_dim=BIG)),
    ("m4", "units", lambda c: c.update(units=[BIG])),
]

CHILD = textwrap.dedent(
    """
    import json, resource, sys
    import keras, keras_sessrec as ksr
    first, *paths = sys.argv[1:]
    ksr.models.SessionRecommender.from_preset(first)
    peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before, answers = peak(), []
    for path in paths:
        for load in (ksr.models.SessionRecommender.from_preset, keras.models.load_model):
            if "some more" in path and load is keras.models.load_model:
                continue  # it would fit into this machine
            try:
                load(path)
                answers.append("loaded")
            except ValueError as error:
                answers.append(str(error))
    print(json.dumps([answers, peak() - before]))
    """
)


def test_a_file_that_asks_for_too_much_is_refused_before_it_takes_memory(saved, tmp_path):
    paths = []
    for kind, what, change in HOSTILE:
        paths.append(tmp_path / f"{kind} {what}.keras")
        rewritten(saved / f"{kind}.keras", paths[-1], change)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, saved / "gru4rec.keras", *paths],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        check=True,
    )
    answers, kibibytes = json.loads(child.stdout)
    assert len(answers) == 2 * len(HOSTILE) - 1
    assert [a for a in answers if "must" not in a] == []
    assert sum(".keras cannot be loaded: ValueError: " in a for a in answers) == len(HOSTILE)
    assert all(len(answer) < 1000 for answer in answers)
    assert kibibytes < 200 * 1024


def test_a_file_that_unpacks_to_gigabytes_is_refused(saved, tmp_path):
    path = tmp_path / "bomb.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("config.json", "w", force_zip64=True) as member:
            for _ in range(70):
                member.write(b" " * 2**20)
        archive.write(saved / "gru4rec.keras", "model.weights.h5")
    with pytest.raises(ValueError, match=r"bomb\.keras cannot.*unpacks from .* to 73,400,320"):
        load_model_file(path)


def test_every_model_asks_for_less_than_its_file_holds(saved):
    for name, model in models().items():
        loaded = load_model_file(saved / f"{name}.keras")
        assert [w.shape for w in loaded.get_weights()] == [w.shape for w in model.get_weights()]


@pytest.mark.parametrize("tries", [25, pytest.param(1000, marks=pytest.mark.slow)])
def test_a_flipped_bit_is_seen(saved, tmp_path, tries):
    """Every member has a CRC-32; flips beyond them change nothing, or the file is no archive."""
    rng = random.Random(3)
    content = (saved / "gru4rec.keras").read_bytes()
    weights = load_model_file(saved / "gru4rec.keras").get_weights()
    path, seen = tmp_path / "flipped.keras", 0
    for _ in range(tries):
        damaged = bytearray(content)
        damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        try:
            found = load_model_file(path).get_weights()
        except ValueError as error:
            assert str(path) in str(error)
            seen += 1
            continue
        for one, other in zip(found, weights, strict=True):
            np.testing.assert_array_equal(one, other)
    assert seen > 0.9 * tries


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.999])
def test_a_cut_file_is_named(saved, tmp_path, share):
    path = tmp_path / "cut.keras"
    content = (saved / "gru4rec.keras").read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(ValueError, match=r"cut\.keras cannot be loaded: .*another copy"):
        ksr.models.GRU4Rec.from_preset(path)


@pytest.mark.parametrize("ending", [".weights.h5", ".keras"])
def test_weights_that_cannot_be_loaded_leave_the_model_as_it_was(tmp_path, ending):
    path = tmp_path / f"a{ending}"
    model, other = gru4rec(), gru4rec(seed=2, tie_embeddings=True)
    (other.save if ending == ".keras" else other.save_weights)(path)
    before = [np.array(v) for v in [*model.variables, *model.optimizer.variables]]

    def check(error):
        with pytest.raises(ValueError, match=error):
            model.load_weights(path)
        after = [*model.variables, *model.optimizer.variables]
        for one, value in zip(after, before, strict=True):
            np.testing.assert_array_equal(one, value)
        assert not model.is_trained

    check(rf"a{ending} cannot be loaded: .*could not be loaded")  # of another model
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    check(rf"a{ending} cannot be loaded")


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing"):
        gru4rec().load_weights(tmp_path / "nothing.weights.h5")


def test_keras_loads_what_is_whole(saved):
    assert isinstance(keras.models.load_model(saved / "m4.keras"), ksr.models.EmbeddingGRU4Rec)
