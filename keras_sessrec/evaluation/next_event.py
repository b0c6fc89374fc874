"""One evaluation for models, baselines and whatever else has a `score`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from keras_sessrec.batches.dataset import check_counts
from keras_sessrec.batches.next_event_cases import NextEventCases
from keras_sessrec.catalog import Catalog, Scorer
from keras_sessrec.data import SessionLog
from keras_sessrec.data.session_log import check_log
from keras_sessrec.evaluation.result import EvaluationResult
from keras_sessrec.metrics.rank_metrics import check_ties, rank_of_target
from keras_sessrec.ops.identifiers import shown
from keras_sessrec.ops.padding import SCORES_AT_ONCE
from keras_sessrec.ops.progress import progress_bar
from keras_sessrec.ops.selection import check_k, top_k


def evaluate(
    scorer: Scorer,
    log: SessionLog,
    catalog: Catalog | None = None,
    k: int | Sequence[int] | None = None,
    ties: str = "conservative",
    unseen: str = "drop",
    most_supported: int | None = None,
    coverage: bool = True,
    batch_size: int | None = None,
    max_length: int | None = None,
    verbose: int | str = "auto",
) -> EvaluationResult:
    """Ranks the next event of every prefix of every test session.

    The protocol of the GRU4Rec papers: each event after the first of its session is
    a case; the events before it are scored, and the event's item is ranked among the
    whole catalog, nothing excluded (not even what the session has seen). Each case
    is scored from its prefix alone, so no state can leak between sessions or into
    the scorer.

    A session of n events costs n prefixes, n^2 / 2 events to read. Memory does not
    grow with it: batches are bounded in scores and in events.

    Args:
        scorer: Object with `score(items)`, see `catalog.Scorer`: a model, a baseline, ...
        log: `SessionLog` of test sessions.
        catalog: `Catalog` that the scorer was made with. Defaults to `scorer.catalog`.
        k: int or sequence of int, cut-offs, inclusive, at most the number of items. Defaults to
            those of 1, 5, 10 and 20 that are.
        ties: `"conservative"` (default), `"standard"` or `"median"`: the rank among
            equal scores, see `rank_of_target`.
        unseen: What to do with test items outside the catalog. `"drop"` (default;
            the GRU4Rec papers) removes these events first: a, ?, b becomes a, b.
            `"miss"` (tables of session-based graph networks) keeps every event as a
            case: an unseen target is never found, an unseen input is skipped. The
            numbers differ: say which one you report.
        most_supported: int or `None`. Ranks each target against only the items with
            the most training events (30,000 and 50,000 in the papers' VIDEO and
            VIDXL), plus the target itself. Defaults to the whole catalog.
        coverage: bool, whether to also find what is recommended, for coverage and
            popularity. Costs a top-k per case.
        batch_size: int, cases scored at once. Defaults to as many as make 4 million
            scores, at most 1024.
        max_length: int or `None` (default) for all: how many events of a prefix are read, the
            last ones in the catalog. What a model trained on `batches.prefixes(max_length=19)`
            has seen is no longer, and the network of Tan et al. (2016), of 19 time steps, could
            read no more in a test either. `model.recommend` and `serving.export` take the same
            number.
        verbose: As in Keras: `"auto"` (default) or 1 for a progress bar once it has taken two
            seconds, 0 for silence, 2 for one line at the end.

    Returns:
        An `EvaluationResult`.

    Raises:
        TypeError: `scorer` or `log` is something else.
        ValueError: An argument makes no sense, the catalogs differ, the log has no case, or the
            scorer returned a wrong shape or a NaN.

    Example:

    >>> import numpy as np
    >>> from keras_sessrec.catalog import Catalog
    >>> from keras_sessrec.data.session_log import SessionLog
    >>> class Successor:
    ...     def score(self, items):
    ...         last = items[np.arange(len(items)), (items > 0).sum(1) - 1]
    ...         return -abs(np.arange(1, 4, dtype="float32") - last[:, None] - 1)
    >>> ids = np.array([1, 2, 3])
    >>> log = SessionLog.from_arrays([0, 0, 0], [0, 1, 2], [1, 2, 3], np.array([7]), ids)
    >>> evaluate(Successor(), log, Catalog(ids), k=[1, 2]).recall(1)
    1.0
    """
    catalog = _catalog_of(scorer, catalog)
    check_log(log)
    num_items = catalog.num_items
    if k is None:
        k = [cutoff for cutoff in (1, 5, 10, 20) if cutoff <= num_items]
    cutoffs = tuple(check_k(cutoff, num_items) for cutoff in np.atleast_1d(np.array(k, object)))
    if not cutoffs:
        raise ValueError(f"`k` must hold a cut-off, such as k=[5, 20]. Received: k={k!r}.")
    check_ties(ties)
    candidates = None if most_supported is None else _most_supported(catalog, most_supported)
    if batch_size is None:
        batch_size = min(1024, max(1, SCORES_AT_ONCE // num_items))
    check_counts(batch_size=batch_size)
    if max_length is not None:
        check_counts(max_length=max_length)
    cases = NextEventCases.from_log(log, catalog, unseen, max_length)
    if not len(cases):
        raise ValueError(
            "`log` must have a session with two events, in the catalog unless `unseen` is "
            f"'miss'. Received: {log!r} and unseen={unseen!r}."
        )

    rank = np.empty(len(cases), np.float64)
    recommended = {cutoff: np.zeros(num_items, np.int64) for cutoff in cutoffs if coverage}
    # Traced: op by op, a small batch spends as long in Python as in counting.
    graph = partial(tf.function, autograph=False, reduce_retracing=True)
    rank_of = graph(partial(rank_of_target, ties=ties))
    depth = min(max(cutoffs), num_items if candidates is None else len(candidates))
    best_of = graph(partial(top_k, k=depth))
    with progress_bar(f"Evaluating {type(scorer).__name__}", len(cases), "case", verbose) as bar:
        for rows, prefixes in cases.batches(batch_size):
            scores = ops.convert_to_tensor(scorer.score(prefixes))
            if tuple(scores.shape) != (len(rows), num_items):
                raise ValueError(
                    "`scorer.score` must return one score per row and item, "
                    f"{(len(rows), num_items)}. Received: shape {tuple(scores.shape)}."
                )
            target = cases.target[rows]
            column = np.maximum(target, 1) - 1
            if candidates is None:
                ranked = scores
                rank[rows] = rank_of(scores, column)
            else:
                ranked = ops.take(scores, candidates, axis=1)
                rank[rows] = _rank_among(candidates, ranked, scores, column, rank_of)
            _raise_on_nan(ranked, rank[rows], cases.session[rows], cases.position[rows], log)
            rank[rows[target == 0]] = np.inf
            if coverage:
                _, best = best_of(ranked)
                best = np.asarray(best) if candidates is None else candidates[np.asarray(best)]
                for cutoff, times in recommended.items():
                    times += np.bincount(best[:, :cutoff].ravel(), minlength=num_items)
            bar.update(len(rows))
    return EvaluationResult(
        rank=rank,
        session=cases.session,
        position=cases.position,
        target=cases.target,
        item_counts=catalog.counts,
        recommended=recommended,
        k=cutoffs,
        ties=ties,
        unseen=unseen,
        most_supported=most_supported,
        num_unseen_targets=cases.num_unseen_targets,
        max_length=max_length,
    )


def _catalog_of(scorer: Any, catalog: Catalog | None) -> Catalog:
    """The catalog that a scorer scores."""
    if isinstance(scorer, type) or not callable(getattr(scorer, "score", None)):
        raise TypeError(
            "`scorer` must be an object with a `score(items)`, as models and baselines are. "
            f"Received: {shown(scorer)}. The scorer comes first, then the log."
        )
    own = getattr(scorer, "catalog", None)
    if catalog is None and own is None:
        raise ValueError(
            "`catalog` is needed, since the scorer has none. "
            f"Received: a {type(scorer).__name__} without `catalog`. Was it fitted?"
        )
    chosen = catalog or own
    if not isinstance(chosen, Catalog):
        raise TypeError(f"`catalog` must be a `Catalog`. Received: {type(chosen).__name__}.")
    if catalog is not None and own is not None and own.fingerprint != catalog.fingerprint:
        raise ValueError(
            "`catalog` must be the scorer's own: the same items in the same order. "
            f"Received: {catalog!r} for a scorer of {own!r}. Leave it out."
        )
    return chosen


def _most_supported(catalog: Catalog, number: int) -> np.ndarray:
    """Columns of the items with the most training events, ascending."""
    check_counts(most_supported=number)
    if number > catalog.num_items:
        raise ValueError(
            f"`most_supported` must be in 1..{catalog.num_items}, the number of items. "
            f"Received: most_supported={number}."
        )
    return np.sort(np.argsort(-catalog.counts, kind="stable")[:number])


def _rank_among(
    candidates: np.ndarray, ranked: Any, scores: Any, column: np.ndarray, rank_of: Callable
) -> np.ndarray:
    """Ranks targets among the candidates; a target that is none of them is added."""
    place = np.minimum(np.searchsorted(candidates, column), len(candidates) - 1)
    inside = candidates[place] == column
    rank = np.empty(len(column), np.float64)
    rows = np.flatnonzero(inside)
    rank[rows] = rank_of(ops.take(ranked, rows, axis=0), place[rows])
    rows = np.flatnonzero(~inside)
    own = ops.take_along_axis(ops.take(scores, rows, axis=0), column[rows, None], axis=1)
    extended = ops.concatenate([ops.take(ranked, rows, axis=0), own], axis=1)
    rank[rows] = rank_of(extended, np.full(len(rows), len(candidates)))
    return rank


def _raise_on_nan(
    scores: Any, rank: np.ndarray, session: np.ndarray, position: np.ndarray, log: SessionLog
) -> None:
    # A row with a NaN has the worst rank, so only such rows need a look.
    suspects = np.flatnonzero(rank >= scores.shape[1])
    if not len(suspects):
        return
    has_nan = np.isnan(np.asarray(ops.take(scores, suspects, axis=0))).any(axis=1)
    if has_nan.any():
        row = suspects[has_nan.argmax()]
        session_id = log.session_ids[session[[row]]].tolist()[0]
        raise ValueError(
            f"`scorer.score` returned NaN for the prefix of event {position[row]} of session "
            f"{session_id!r}. A model that gives NaN has diverged: lower its learning rate."
        )
