"""A small trained model, its export, and ways to ask it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import chain_sessions, compile_arguments
from harness.scorer import log_of
from keras_sessrec.serving.recommend_module import RecommendModule

# Ids that a text file, a table and JSON must leave as they are.
ODD_IDS = [
    "tea",
    "a cup ",
    " pot",
    "a\tb",
    '"quoted"',
    "na\u00efve \u2615",
    "007",
    "\\n",
    "a,b",
    "\x0b",
]
K, MAX_LENGTH = 4, 12
NO_SCORE = -1e9


@dataclass
class Served:
    """A model, the folder of its export, and the export as loaded (or what is exported)."""

    model: ksr.models.SessionRecommender
    folder: Path | None
    loaded: Any

    @property
    def padding(self) -> Any:
        return "" if self.model.catalog.item_ids.dtype == object else -1

    @property
    def dtype(self) -> Any:
        return tf.string if self.padding == "" else tf.int64

    def ids(self, rows: Sequence[Sequence[Any]], width: int = 0) -> tf.Tensor:
        """A matrix of ids, every row with padding before it."""
        width = max([width, 1, *(1 + len(row) for row in rows)])
        padded = [[self.padding] * (width - len(row)) + list(row) for row in rows]
        return tf.constant(padded, self.dtype, shape=[len(rows), width])

    def ask(self, signature: str = "serving_default", **inputs: Any) -> dict[str, np.ndarray]:
        """Runs a signature; lists of lists become matrices, `exclude` is none by default."""
        function = self.loaded.signatures[signature]
        wanted = [spec.name for spec in tf.nest.flatten(function.structured_input_signature)]
        if "exclude" in wanted and "exclude" not in inputs:
            rows = len(next(iter(inputs.values())))
            inputs["exclude"] = [[]] * rows
        tensors = {n: self.ids(v) if isinstance(v, list) else v for n, v in inputs.items()}
        return {name: tensor.numpy() for name, tensor in function(**tensors).items()}

    def pairs(self, answer: dict[str, np.ndarray]) -> list[list[tuple[Any, float]]]:
        """An answer in the form of `model.recommend`; checks what is padded."""
        rows = []
        for ids, scores in zip(answer["item_ids"].tolist(), answer["scores"], strict=True):
            ids = [i.decode() if isinstance(i, bytes) else i for i in ids]
            kept = [place for place, item_id in enumerate(ids) if item_id != self.padding]
            assert kept == list(range(len(kept))), "padding comes last"
            assert (scores[len(kept) :] == NO_SCORE).all()
            rows.append([(ids[place], float(scores[place])) for place in kept])
        return rows


def assert_same_answers(got: Iterable[Any], want: Iterable[Any], tolerance: float = 1e-5) -> None:
    """Same ids in the same order, except among equal scores, and the same scores."""
    for ours, theirs in zip(got, want, strict=True):
        assert len(ours) == len(theirs)
        ours_scores, theirs_scores = [s for _, s in ours], [s for _, s in theirs]
        np.testing.assert_allclose(ours_scores, theirs_scores, rtol=tolerance, atol=tolerance)
        for (item_id, score), (other_id, _) in zip(ours, theirs, strict=True):
            if item_id != other_id:  # only a tie may change places
                others = dict(theirs)
                np.testing.assert_allclose(others[item_id], score, rtol=tolerance, atol=tolerance)


def chain_model(item_ids: Sequence[Any], **arguments: Any) -> ksr.models.GRU4Rec:
    """A GRU4Rec of a world where each id is followed by the next one; trained."""
    place = np.array(item_ids, dtype=object)
    log = log_of([[place[i - 100] for i in session] for session in chain_sessions()])
    catalog = ksr.Catalog.from_log(log)
    model = ksr.models.GRU4Rec(catalog, units=[12], seed=1, **arguments)
    model.compile(**compile_arguments())
    model.fit(ksr.batches.session_parallel(log, catalog, lanes=8), epochs=4, verbose=0)
    return model


def unsaved(
    model: ksr.models.SessionRecommender,
    scratch: Path,
    k: int = K,
    score_dtype: str = "float32",
    max_length: int = MAX_LENGTH,
) -> Served:
    """What would be exported; several times faster."""
    return Served(model, None, RecommendModule(model, k, max_length, scratch, score_dtype))


def serve(model: ksr.models.SessionRecommender, path: Path, **arguments: Any) -> Served:
    """Exports and loads a model."""
    arguments = {"k": K, "max_length": MAX_LENGTH, **arguments}
    folder = ksr.serving.export(model, path, **arguments)
    return Served(model, folder, tf.saved_model.load(str(folder)))
