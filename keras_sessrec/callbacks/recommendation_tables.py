"""What a model recommends in some sessions, to be read in TensorBoard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from keras_sessrec.ops.identifiers import shown
from keras_sessrec.ops.selection import check_k


class RecommendationTables(keras.callbacks.Callback):
    """Writes example sessions with their recommendations as tables, after every epoch.

    Of each session the model sees all events but the last, as a shop would just before that
    click; the table shows what was seen, the best `k` items with their scores, and where the
    last event's item is among them. TensorBoard's Text page then shows, per session, how the
    recommendations change from epoch to epoch. The run is `recommendations`.

    Args:
        path: str or path, the run's folder, as for `keras.callbacks.TensorBoard`.
        sessions: Sequence of sessions, each a sequence of two or more raw item ids, oldest
            first. Ids that the catalog lacks are shown, but not read by the model.
        k: int, recommendations per session. Defaults to 10.
        titles: dict from raw ids, as in `catalog.item_ids`, to str, or `None`. An id without
            a title is shown itself.

    Raises:
        ValueError: A session has less than two events, there is none, or `k` is not positive.

    Example:

    >>> log = ksr.data.synthetic_shop(num_items=40, num_sessions=100, seed=1).log
    >>> catalog = ksr.Catalog.from_log(log)
    >>> model = ksr.models.GRU4Rec(catalog, units=[8], seed=1)
    >>> model.compile(negatives=ksr.samplers.InBatch(), jit_compile=False)
    >>> callback = RecommendationTables("logs/run", sessions=[log.item_ids[:3].tolist()])
    >>> batches = ksr.batches.session_parallel(log, catalog, lanes=8)
    >>> history = model.fit(batches, verbose=0, callbacks=[callback])
    >>> import os
    >>> len(os.listdir("logs/run/recommendations"))
    1
    """

    only_chief = True  # see FitCallbacks

    def __init__(
        self,
        path: str | Path,
        sessions: Iterable[Sequence[Any]],
        k: int = 10,
        titles: Mapping[Any, str] | None = None,
    ) -> None:
        super().__init__()
        self.path = Path(path)
        given = [session if isinstance(session, str) else [*session] for session in sessions]
        self.k = check_k(k)
        self.titles = titles or {}
        bad = [session for session in given if isinstance(session, str) or len(session) < 2]
        if bad or not given:
            raise ValueError(
                "`sessions` must be lists of two or more item ids: what was seen, and what came "
                f"next. Received: {shown(bad[0]) if bad else 'no session'}."
            )
        self.sessions = [list(session) for session in given]

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self._writer = tf.summary.create_file_writer(str(self.path / "recommendations"))

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        answers = self.model.recommend([session[:-1] for session in self.sessions], k=self.k)
        with self._writer.as_default(step=epoch):
            for number, (session, answer) in enumerate(
                zip(self.sessions, answers, strict=True), start=1
            ):
                tf.summary.text(f"recommendations/session_{number}", self._table(session, answer))
        self._writer.flush()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self._writer.close()

    def _table(self, session: list[Any], answer: list[tuple[Any, float]]) -> str:
        """Markdown: two lines about the session and a table of the recommendations."""
        *seen, target = session
        ids = [str(item_id) for item_id, _ in answer]
        rank = ids.index(str(target)) + 1 if str(target) in ids else None
        place = f"number {rank}" if rank else f"not among these {len(ids)}"
        lines = [
            f"**Seen:** {' → '.join(map(self._title, seen))}",
            "",
            f"**Came next:** {self._title(target)} ({place})",
            "",
            "| | recommended | score |",
            "|---|---|---|",
        ]
        for number, (item_id, score) in enumerate(answer, start=1):
            title = self._title(item_id)
            shown = f"**{title}** ✓" if number == rank else title
            lines.append(f"| {number} | {shown} | {score:.2f} |")
        return "\n".join(lines)

    def _title(self, item_id: Any) -> str:
        """One line that Markdown shows as it is: its signs are written as HTML entities."""
        title = " ".join(str(self.titles.get(item_id, item_id)).split())
        return "".join(f"&#{ord(c)};" if c in "\\`*_{}[]<>()#|&~" else c for c in title)
