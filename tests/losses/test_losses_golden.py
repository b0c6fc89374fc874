"""Stored float64 values and gradients of the losses (see tests/golden/README.md, section 3)."""

import json
import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

import keras_sessrec as ksr
from harness.loss import value_and_gradient
from reference import losses as reference

pytestmark = pytest.mark.golden

FOLDER = pathlib.Path(__file__).parents[1] / "golden"
LOSSES = {
    "cross-entropy": ksr.losses.CrossEntropy,
    "bpr": ksr.losses.BPR,
    "top1": ksr.losses.TOP1,
    "top1-max": ksr.losses.TOP1Max,
    "bpr-max": ksr.losses.BPRMax,
}
LOG_TWO = float(np.log(2))


def load(name):
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as arrays:
        stored = {key: arrays[key] for key in arrays.files}
    index = json.loads(str(stored["index"]))
    return stored, [{**entry, "form": entry["loss"].partition("/")[2]} for entry in index]


STORED, INDEX = load("losses")
VARIANTS, VARIANT_INDEX = load("loss_variants")


def name_of(entry):
    form = entry["loss"].replace("/", ":")
    return f"{form}-{entry['final_act']}{entry['elu_alpha']}-{entry['bpreg']}-{entry['case']}"


def ours(entry, stored, dtype):
    """Values and gradient of our loss on the entry's scores."""
    activation = {
        "linear": None,
        "tanh": "tanh",
        "elu": lambda scores: keras.ops.elu(scores, entry["elu_alpha"]),
    }[entry["final_act"]]
    family = entry["loss"].partition("/")[0]
    more = {"regularization": entry["bpreg"]} if family == "bpr-max" else {}
    scores = stored[f"scores/{entry['case']}"]
    loss = LOSSES[family](activation=activation, **more)
    return value_and_gradient(loss, np.arange(len(scores)), scores, dtype=dtype)


def without_epsilon(entry, stored):
    """Rows where 1e-24 inside the logarithm changes less than the precision asked for."""
    family = entry["loss"].partition("/")[0]
    if family not in ("cross-entropy", "bpr-max"):
        return slice(None)
    row_loss = {"cross-entropy": reference.cross_entropy, "bpr-max": reference.bpr_max}[family]
    scores = stored[f"scores/{entry['case']}"]
    how = None if entry["final_act"] == "linear" else entry["final_act"]
    scores = reference.activate(scores, how, entry["elu_alpha"])
    return reference.per_row(row_loss, scores, np.arange(len(scores))) < 30


def assert_close(got, want):
    """To the precision of the computation, relative to the greatest entry of the row."""
    want = np.asarray(want)
    precision = {"float64": 1e-10, "float32": 5e-5}[got.dtype.name]
    scale = np.abs(want).max(axis=1, keepdims=True) if want.ndim == 2 else np.abs(want)
    assert (np.abs(got - want) <= precision * np.maximum(scale, 0.1)).all(), (got, want)


def in_dtypes(entries, dtypes=("float64", "float32")):
    """Entry by dtype, less the cases whose scores near 1e4 a float32 rounds by 1e-3."""
    return pytest.mark.parametrize(
        ("entry", "dtype"),
        [
            pytest.param(entry, dtype, id=f"{name_of(entry)}-{dtype}")
            for entry in entries
            for dtype in dtypes
            if dtype == "float64" or entry["case"] not in ("mixed_4x9", "extreme_4x9")
        ],
    )


def test_all_entries_are_there():
    assert (len(INDEX), len(VARIANT_INDEX)) == (312, 234)
    assert {entry["loss"] for entry in INDEX} == set(LOSSES)


@in_dtypes(INDEX)
def test_c9_c10_c12_values_and_gradients(entry, dtype):
    rows, gradient = ours(entry, STORED, dtype)
    assert np.isfinite(rows).all() and np.isfinite(gradient).all()
    same = without_epsilon(entry, STORED)
    assert_close(rows[same], STORED[f"rows/{entry['key']}"][same])
    assert_close(gradient[same], STORED[f"grad/{entry['key']}"][same])


@in_dtypes([entry for entry in VARIANT_INDEX if entry["form"] == "stable"])
def test_c11_stable_forms_at_any_score(entry, dtype):
    rows, gradient = ours(entry, VARIANTS, dtype)
    assert_close(rows, VARIANTS[f"rows/{entry['key']}"])
    assert_close(gradient, VARIANTS[f"grad/{entry['key']}"])


@in_dtypes(
    [e for e in VARIANT_INDEX if e["form"] == "zero-diagonal-softmax" and e["finite"]],
    ["float64"],
)
def test_c9_other_way_to_leave_the_positive_out(entry, dtype):
    rows, gradient = ours(entry, VARIANTS, dtype)
    same = without_epsilon(entry, VARIANTS)
    assert_close(rows[same], VARIANTS[f"rows/{entry['key']}"][same])
    assert_close(gradient[same], VARIANTS[f"grad/{entry['key']}"][same])


@in_dtypes(
    [e for e in VARIANT_INDEX if e["form"] in ("sum-all-columns", "mean-all-columns")],
    ["float64"],
)
def test_authors_sums_over_all_columns(entry, dtype):
    """The authors' forms are ours times a factor, plus a constant for the own column."""
    rows, gradient = ours(entry, VARIANTS, dtype)
    columns = gradient.shape[1]
    factor, constant = columns - 1, LOG_TWO
    if entry["form"] == "mean-all-columns":
        factor, constant = (columns - 1) / columns, 0.5 / columns
    assert_close(factor * rows + constant, VARIANTS[f"rows/{entry['key']}"])
    assert_close(factor * gradient, VARIANTS[f"grad/{entry['key']}"])


@in_dtypes([e for e in VARIANT_INDEX if e["form"].endswith("-broadcast")], ["float64"])
def test_authors_top1_as_written_is_larger_by_the_number_of_rows(entry, dtype):
    rows, gradient = ours(entry, VARIANTS, dtype)
    count, columns = gradient.shape
    want = VARIANTS[f"rows/{entry['key']}"].sum()
    got = count * ((columns - 1) * rows + 0.5).sum() / columns
    assert got == pytest.approx(want, rel=1e-5)
    assert_close(count * (columns - 1) / columns * gradient, VARIANTS[f"grad/{entry['key']}"])


class StoredDraw(ksr.samplers.Popularity):
    """The extra columns of a stored step: the items after those of the rows."""

    def draw(self, seed):
        return tf.range(self.first, self.first + self.num)


@pytest.mark.parametrize("number", range(4))
def test_c23_logq(number):
    scores, counts, logq, alpha, want, want_gradient = (
        STORED[f"logq/{number}/{name}"]
        for name in ("scores", "counts", "logq", "sample_alpha", "rows", "grad")
    )
    rows, columns = scores.shape
    # Column j holds item j + 1, so that the catalog's counts are the stored ones.
    sampler = StoredDraw(columns - rows, alpha=float(alpha), logq=float(logq))
    sampler.first = rows + 1
    sampler.build(ksr.Catalog(np.arange(columns), counts))
    targets = tf.range(1, rows + 1)
    candidates = sampler.candidates(targets, targets > 0, keras.random.SeedGenerator(0))
    log_q = 0 if candidates.log_q is None else candidates.log_q.numpy()
    assert (candidates.log_q is None) == (logq == 0)
    loss = ksr.losses.CrossEntropy()
    got, gradient = value_and_gradient(loss, candidates.y_true, scores - log_q)
    assert_close(got, want)
    assert_close(gradient, want_gradient)
