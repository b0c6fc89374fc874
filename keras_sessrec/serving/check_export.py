"""Whether an export answers as the model it was made of."""

from __future__ import annotations

import pathlib
import warnings

import numpy as np
import tensorflow as tf

from keras_sessrec.models import SessionRecommender
from keras_sessrec.serving.catalog_scorer import NO_SCORE
from keras_sessrec.serving.pruned_scorer import PrunedScorer
from keras_sessrec.serving.recommend_module import DEFAULT, RecommendModule


def check_export(folder: pathlib.Path, model: SessionRecommender, module: RecommendModule) -> None:
    """Loads an export and compares a few of its answers with `model.recommend`.

    Args:
        folder: Path of the version's folder.
        model: What was exported.
        module: `RecommendModule` made of it.

    Raises:
        RuntimeError: An answer differs.
    """
    ids = model.catalog.item_ids
    sessions = [ids[:0], ids[:1], ids[:3], ids[-2:], ids[len(ids) // 2 :][:4]]
    sessions = [session.tolist() for session in sessions]
    padding, dtype = module.vocabulary.padding, module.vocabulary.dtype
    padded = [[padding] * (5 - len(session)) + session for session in sessions]
    k = module.scorer.k
    loaded = tf.saved_model.load(str(folder))
    tolerance = module.scorer.tolerance
    for name, exclude_seen in ((DEFAULT, False), ("recommend_unseen", True)):
        answer = loaded.signatures[name](
            session=tf.constant(padded, dtype), exclude=tf.constant([[padding]] * 5, dtype)
        )
        if isinstance(module.scorer, PrunedScorer):
            want = _scores_of(model, module, sessions, answer["item_ids"].numpy())
            _compare(name, answer["scores"].numpy(), want, tolerance)
            continue
        want = np.full((len(sessions), k), NO_SCORE)
        with warnings.catch_warnings():  # `export` has said what there is to say of the model
            warnings.simplefilter("ignore")
            recommended = model.recommend(
                sessions, k, exclude_seen=exclude_seen, max_length=module.max_length
            )
        for row, pairs in enumerate(recommended):
            want[row, : len(pairs)] = [score for _, score in pairs]
        _compare(name, answer["scores"].numpy(), want, tolerance)


def _scores_of(
    model: SessionRecommender, module: RecommendModule, sessions: list, answered: np.ndarray
) -> np.ndarray:
    """The model's scores of answered ids: a pruned search may miss one, not misjudge it."""
    want = np.full(answered.shape, NO_SCORE)
    for row, (session, ids) in enumerate(zip(sessions, answered, strict=True)):
        ids = ids.tolist()
        if isinstance(module.vocabulary.padding, str):
            ids = [item_id.decode() for item_id in ids]
        known = [item_id for item_id in ids if item_id != module.vocabulary.padding]
        (pairs,) = model.recommend(
            [session], max(1, len(known)), candidates=known, max_length=module.max_length
        )
        scores = dict(pairs)
        want[row, : len(known)] = [scores[item_id] for item_id in known]
    return want


def _compare(name: str, got: np.ndarray, want: np.ndarray, tolerance: float) -> None:
    if not np.allclose(got, want, rtol=tolerance, atol=tolerance):
        raise RuntimeError(
            f"The export's `{name}` does not answer as `model.recommend` does, so it is not "
            f"published. Scores differ by up to {np.abs(got - want).max():g}. "
            "Please report it, with the model's configuration."
        )
