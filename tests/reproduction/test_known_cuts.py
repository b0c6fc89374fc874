"""Cuts that others have published figures for."""

import numpy as np

from keras_sessrec.data import SessionLog
from keras_sessrec.reproduction.known_cuts import CUTS, known_cut


def log_of(pairs, first_session=0):
    """A log of one item with so many next clicks."""
    lengths = np.array([pairs - 2, 4])
    sessions = np.repeat([0, 1], lengths)
    ids = np.arange(2) + first_session
    zeros = np.zeros(len(sessions), np.int64)
    return SessionLog.from_arrays(sessions, zeros, zeros, ids, np.array([7]))


def test_a_cut_is_known_by_its_sizes():
    cut = known_cut(log_of(369_859), log_of(55_898, 2))
    assert cut.name == "rsc15_64"
    assert cut.figures["SR-GNN"] == (0.7057, 0.3094)
    assert known_cut(log_of(369_859), log_of(55_897, 2)) is None
    assert known_cut(log_of(719_470), log_of(60_858, 2)).figures["NARM"] == (0.4970, 0.1617)


def test_figures_are_shares_with_recall_above_mrr():
    for cut in CUTS:
        assert all(0 < mrr < recall < 1 for recall, mrr in cut.figures.values())
        assert cut.source
