"""Next-event evaluation against stored float64 scores and ranks."""

from pathlib import Path

import numpy as np
import pytest

from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data.session_log import SessionLog
from keras_sessrec.evaluation.next_event import evaluate

RUNS = sorted((Path(__file__).parent / "golden" / "public").glob("*.npz"))


class StoredScores:
    """Answers each prefix with the stored scores of the case it belongs to."""

    def __init__(self, prefixes, scores):
        self.scores = scores.astype(np.float32)
        self.places = {}
        for place, prefix in enumerate(prefixes):
            self.places.setdefault(prefix, []).append(place)

    def score(self, items):
        rows = [tuple(row[row > 0].tolist()) for row in items]
        places = [self.places[prefix] for prefix in rows]
        # Equal prefixes must have equal scores, else the answer would be a choice.
        for same in places:
            np.testing.assert_array_equal(
                self.scores[same], self.scores[same[:1]].repeat(len(same), 0)
            )
        return self.scores[[same[0] for same in places]]


def load(path):
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def read_log(run):
    session_ids, session_codes = np.unique(run["test_session_ids"], return_inverse=True)
    item_ids, item_codes = np.unique(run["test_item_ids"], return_inverse=True)
    return SessionLog.from_arrays(
        session_codes, item_codes, run["test_times"], session_ids, item_ids
    )


def test_golden_runs_are_there():
    assert len(RUNS) == 20


@pytest.mark.golden
@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_cases_ranks_and_metrics(path):
    run = load(path)
    log, catalog = read_log(run), Catalog(run["item_vocab"], run["item_counts"])
    starts = np.flatnonzero(run["eval_position"] == 0)
    session_start = starts[np.searchsorted(starts, np.arange(len(run["eval_input"])), "right") - 1]
    prefixes = [
        tuple((run["eval_input"][start : place + 1] + 1).tolist())
        for place, start in enumerate(session_start)
    ]
    scorer = StoredScores(prefixes, run["eval_scores"])
    cutoffs = run["eval_cutoffs"].tolist()
    # The reference orders sessions after dropping unknown items, which may change
    # their first times; cases are matched by (session, position).
    expected = np.lexsort([run["eval_position"], run["eval_session"]])
    for ties in ("standard", "conservative", "median"):
        result = evaluate(scorer, log, catalog, cutoffs, ties, batch_size=16)
        session = log.session_ids[result.session]
        got = np.lexsort([result.position, session])
        np.testing.assert_array_equal(session[got], run["eval_session"][expected])
        np.testing.assert_array_equal(result.position[got] - 2, run["eval_position"][expected])
        np.testing.assert_array_equal(result.target[got] - 1, run["eval_target"][expected])
        np.testing.assert_array_equal(result.rank[got], run[f"eval_rank_{ties}"][expected])
        for k, recall, mrr in zip(cutoffs, run[f"recall_{ties}"], run[f"mrr_{ties}"], strict=True):
            assert result.recall(k) == pytest.approx(recall, rel=1e-12)
            assert result.mrr(k) == pytest.approx(mrr, rel=1e-12)
