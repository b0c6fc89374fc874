"""Whether an export answers as the model it was made of."""

from __future__ import annotations

import pathlib
import warnings

import numpy as np
import tensorflow as tf

from keras_sessrec.models import SessionRecommender
from keras_sessrec.serving.catalog_scorer import NO_SCORE
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
        want = np.full((len(sessions), k), NO_SCORE)
        with warnings.catch_warnings():  # `export` has said what there is to say of the model
            warnings.simplefilter("ignore")
            recommended = model.recommend(
                sessions, k, exclude_seen=exclude_seen, max_length=module.max_length
            )
        for row, pairs in enumerate(recommended):
            want[row, : len(pairs)] = [score for _, score in pairs]
        if not np.allclose(answer["scores"], want, rtol=tolerance, atol=tolerance):
            raise RuntimeError(
                f"The export's `{name}` does not answer as `model.recommend` does, so it is not "
                f"published. Scores differ by up to {np.abs(answer['scores'] - want).max():g}. "
                "Please report it, with the model's configuration."
            )
