"""What a server runs: raw ids in, raw ids and scores out."""

from __future__ import annotations

import pathlib
import types
from typing import Any

import tensorflow as tf

from keras_sessrec.models import SessionRecommender
from keras_sessrec.serving.catalog_scorer import CatalogScorer
from keras_sessrec.serving.fit_search import fitted_scorer
from keras_sessrec.serving.pruned_scorer import PrunedScorer
from keras_sessrec.serving.pruned_search import PrunedSearch
from keras_sessrec.serving.session_reader import Progress, SessionReader
from keras_sessrec.serving.vocabulary import Vocabulary

DEFAULT = "serving_default"


class RecommendModule(tf.Module):
    """A model's network, score table and vocabulary behind named signatures.

    Nothing is kept between calls. All inputs and outputs have the requests on axis 0, so a
    server may put requests together, and padding may stand anywhere in a row.

    Args:
        model: `SessionRecommender`.
        k: int, items per answer.
        max_length: int, how many of a session's last clicks are read.
        folder: Path of an existing folder for the vocabulary's file.
        score_dtype: str, of the score table. Defaults to `"float32"`.
        search: `PrunedSearch`, or `None` (default): every item is scored.

    Attributes:
        signatures: mapping from names to concrete functions: `serving_default`,
            `recommend_unseen`, `score`, `encode` and `step`.
        max_length: int.
        state_size: int, width of the state that `step` carries.

    Example:

    >>> model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"]), units=[4], seed=1)
    >>> module = RecommendModule(model, k=2, max_length=10, folder=".")
    >>> unseen = module.signatures["recommend_unseen"]
    >>> unseen(tf.constant([["tea"]]), tf.constant([[""]]))["item_ids"].numpy().tolist()
    [[b'cup', b'']]
    """

    def __init__(
        self,
        model: SessionRecommender,
        k: int,
        max_length: int,
        folder: str | pathlib.Path,
        score_dtype: str = "float32",
        search: PrunedSearch | None = None,
    ) -> None:
        super().__init__()
        self.vocabulary = Vocabulary(model.catalog, folder)
        self._reader = SessionReader(model, max_length)
        self.scorer: CatalogScorer | PrunedScorer
        if search is None:
            self.scorer = CatalogScorer(model, k, score_dtype)
        else:
            self.scorer = fitted_scorer(model, k, self._reader, search)
        self.max_length, self.state_size = max_length, self._reader.state_size
        ids = self.vocabulary.dtype

        def many(name: str) -> tf.TensorSpec:
            return tf.TensorSpec([None, None], ids, name=name)

        specs = {
            DEFAULT: (self._recommend, [many("session"), many("exclude")]),
            "recommend_unseen": (self._recommend_unseen, [many("session"), many("exclude")]),
            "score": (self._score, [many("session"), many("candidates")]),
            "encode": (self._encode, [many("session")]),
            "step": (
                self._step,
                [
                    tf.TensorSpec([None], ids, name="item"),
                    tf.TensorSpec([None, self.state_size], tf.float32, name="state"),
                    many("exclude"),
                ],
            ),
        }
        functions = {
            name: tf.function(
                function, input_signature=spec, autograph=False
            ).get_concrete_function()
            for name, (function, spec) in specs.items()
        }
        # A plain dict would be saved too, where `signatures` is a name of TensorFlow's.
        self.signatures = types.MappingProxyType(functions)
        # The network's weights that an answer depends on; not, say, an optimizer's.
        used = {
            id(variable): variable
            for function in functions.values()
            for variable in function.graph.variables
        }
        self._network = list(used.values())

    def _recommend(self, session: Any, exclude: Any) -> dict[str, tf.Tensor]:
        items = self.vocabulary.encode(session)
        answer = self._answer(self._reader.read(items), self.vocabulary.encode(exclude))
        return {**answer, "known": _number_of(items)}

    def _recommend_unseen(self, session: Any, exclude: Any) -> dict[str, tf.Tensor]:
        items = self.vocabulary.encode(session)
        seen = tf.concat([items, self.vocabulary.encode(exclude)], axis=1)
        return {**self._answer(self._reader.read(items), seen), "known": _number_of(items)}

    def _score(self, session: Any, candidates: Any) -> dict[str, tf.Tensor]:
        items = self.vocabulary.encode(session)
        progress = self._reader.read(items)
        scored = self.vocabulary.encode(candidates)
        scores = self.scorer.score(progress.query, progress.events, scored)
        return {"scores": scores, "known": _number_of(items)}

    def _encode(self, session: Any) -> dict[str, tf.Tensor]:
        progress = self._reader.read(self.vocabulary.encode(session))
        return {"embedding": progress.query, "state": self._reader.pack(progress)}

    def _step(self, item: Any, state: Any, exclude: Any) -> dict[str, tf.Tensor]:
        progress = self._reader.unpack(state)
        progress = self._reader.step(progress, self.vocabulary.encode(item))
        answer = self._answer(progress, self.vocabulary.encode(exclude))
        return {"state": self._reader.pack(progress), **answer}

    def _answer(self, progress: Progress, excluded: Any) -> dict[str, tf.Tensor]:
        items, scores = self.scorer.top_k(progress.query, progress.events, excluded)
        return {"item_ids": self.vocabulary.decode(items), "scores": scores}


def _number_of(items: tf.Tensor) -> tf.Tensor:
    """Known clicks of every session; 0: it is answered by popularity."""
    return tf.math.count_nonzero(items, axis=1, dtype=tf.int32)
