"""A teacher's opinions, stored and live."""

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.batches import prefixes
from keras_sessrec.models.distillation.soft_labels import SoftLabels, live_soft_labels
from reference import prefixes as reference

LENGTH = 5


@pytest.fixture(scope="module")
def world():
    log = ksr.data.synthetic_shop(num_items=50, num_sessions=150, seed=2).log
    catalog = ksr.Catalog.from_log(log)
    items = catalog.encode(log.item_ids)[log.item_codes]
    sessions = [part.tolist() for part in np.split(items, log.offsets[1:-1])]
    return log, catalog, reference.futures(sessions, LENGTH)


@pytest.fixture(scope="module")
def teacher(world):
    log, catalog, _ = world
    model = ksr.models.GRU4Rec(catalog, units=[12], embedding_dim=6, seed=1)
    model.compile("adam", negatives=ksr.samplers.FullCatalog(), jit_compile=False)
    model.fit(prefixes(log, catalog, 64, max_length=LENGTH, form="futures"), verbose=0)
    return model


def softmax(scores):
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def test_labels_are_the_teachers_most_probable_items(world, teacher, tmp_path):
    log, catalog, futures = world
    labels = SoftLabels.write(
        tmp_path / "labels", teacher, log, catalog, top=7, temperature=2.0, max_length=LENGTH
    )
    assert (labels.num_pairs, labels.top) == (len(futures), 7)
    items, probabilities = labels.of(np.arange(len(futures)))
    assert probabilities.dtype == np.float32
    some_without = False
    for pair, future in enumerate(futures):
        if not future:
            some_without = True
            assert not items[pair].any()
            assert not probabilities[pair].any()
            continue
        whole = softmax(teacher.score(np.array([future]))[0].astype(np.float64) / 2.0)
        kept = whole[items[pair] - 1]
        assert set(items[pair]) == set(np.argsort(-whole, kind="stable")[:7] + 1)
        assert (np.diff(kept) <= 1e-7).all()
        # Stored in half precision: 11 bits.
        np.testing.assert_allclose(probabilities[pair], kept / kept.sum(), rtol=2e-3)
    assert some_without


def test_labels_are_read_again_from_disk(world, teacher, tmp_path):
    log, catalog, _ = world
    written = SoftLabels.write(tmp_path / "labels", teacher, log, catalog, top=3)
    again = SoftLabels(tmp_path / "labels")
    pairs = np.array([5, 0, 17])
    for one, other in zip(written.of(pairs), again.of(pairs), strict=True):
        np.testing.assert_array_equal(one, other)


def test_nothing_is_overwritten_and_nothing_half_done_is_read(world, teacher, tmp_path):
    log, catalog, _ = world
    path = tmp_path / "labels"
    with pytest.raises(FileNotFoundError, match="`path` must be a folder that"):
        SoftLabels(path)

    class Dies:
        def score(self, items):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SoftLabels.write(path, Dies(), log, catalog, top=3)
    assert not path.exists()
    SoftLabels.write(path, teacher, log, catalog, top=3)
    with pytest.raises(FileExistsError, match="`path` must not exist"):
        SoftLabels.write(path, teacher, log, catalog, top=3)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("items.npy", lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:]),
        ("probabilities.npy", lambda content: content[:-1] + bytes([content[-1] ^ 64])),
        ("items.npy", lambda content: content[:-4]),
        ("items.npy", None),
        ("facts.json", lambda content: content[:-5]),
        ("facts.json", lambda content: content.replace(b"num", b"n\xffm")),
        ("facts.json", lambda content: content.replace(b'"top": 3', b'"top": 7')),
    ],
)
def test_damage_is_seen_and_named(world, teacher, tmp_path, name, change):
    log, catalog, _ = world
    SoftLabels.write(tmp_path / "labels", teacher, log, catalog, top=3)
    path = tmp_path / "labels" / name
    content = path.read_bytes()
    path.unlink()
    if change:
        assert change(content) != content
        path.write_bytes(change(content))
    with pytest.raises(ValueError, match=rf"{name}, which was damaged. Write them again"):
        SoftLabels(tmp_path / "labels")


def test_live_labels_are_the_whole_distribution(world, teacher):
    log, catalog, _ = world
    batches = prefixes(log, catalog, 32, max_length=LENGTH, with_futures=True, shuffle=False)
    live = live_soft_labels(batches, teacher, temperature=2.0)
    for (asked, *_), (x, *_) in zip(batches, live, strict=True):
        assert set(x) == {"item", "soft_probability"}
        future = asked["future"].numpy()
        for row, probability in zip(future, x["soft_probability"].numpy(), strict=True):
            if row[0]:
                whole = softmax(teacher.score(row[row > 0][None])[0] / 2.0)
                np.testing.assert_allclose(probability, whole, rtol=1e-4, atol=1e-7)
            else:
                assert not probability.any()


def test_all_items_stored_and_live_labels_train_the_same_student(world, teacher, tmp_path):
    log, catalog, _ = world
    n = catalog.num_items
    labels = SoftLabels.write(tmp_path / "all", teacher, log, catalog, top=n, max_length=LENGTH)
    students = []
    arguments = {"batch_size": 64, "max_length": LENGTH, "shuffle": False}
    stored = prefixes(log, catalog, soft_labels=labels, **arguments)
    live = live_soft_labels(prefixes(log, catalog, with_futures=True, **arguments), teacher)
    plain = prefixes(log, catalog, **arguments)
    for batches in (stored, live, plain):
        student = ksr.models.GRU4Rec(catalog, units=[8], embedding_dim=4, seed=3)
        loss = ksr.losses.Distillation(0.5)
        student.compile("adam", loss, ksr.samplers.FullCatalog(), jit_compile=False)
        student.fit(batches, verbose=0)
        students.append(student.score(np.array([[1, 2], [3, 0]])))
    np.testing.assert_allclose(students[0], students[1], atol=2e-4)
    assert np.abs(students[0] - students[2]).max() > 2e-3


def test_another_loss_or_sampled_candidates_are_refused(world, teacher, tmp_path):
    log, catalog, _ = world
    labels = SoftLabels.write(tmp_path / "labels", teacher, log, catalog, top=3)
    batches = prefixes(log, catalog, 64, soft_labels=labels)
    student = ksr.models.GRU4Rec(catalog, units=[8])
    for arguments in (
        {"negatives": ksr.samplers.FullCatalog()},
        {"loss": ksr.losses.Distillation(), "negatives": ksr.samplers.Uniform(8)},
    ):
        student.compile("adam", **arguments)
        with pytest.raises(ValueError, match="Batches with soft labels need"):
            student.fit(batches, verbose=0)


@pytest.mark.parametrize(("name", "value"), [("top", 0), ("temperature", 0)])
def test_wrong_arguments_are_named(world, teacher, tmp_path, name, value):
    log, catalog, _ = world
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        SoftLabels.write(tmp_path / "x", teacher, log, catalog, **{name: value})
