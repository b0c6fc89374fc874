"""Cuts of public logs for which others have published figures."""

from __future__ import annotations

from dataclasses import dataclass

from keras_sessrec.data import SessionLog


@dataclass(frozen=True)
class KnownCut:
    """A training and a test log that papers share, and what they report on it.

    Pairs are events with a predecessor, as the papers print them; `figures` are Recall@20 and
    MRR@20 of each method as shares, targets that training never saw counted as misses.
    """

    name: str
    train_pairs: int
    test_pairs: int
    figures: dict[str, tuple[float, float]]
    source: str


_SR_GNN = "Wu et al., AAAI 2019, table 2"
_OTHERS = "GRU4Rec, as others ran it"

# Pairs are those of the source's table 1.
CUTS = (
    KnownCut(
        "rsc15_64",
        369_859,
        55_898,
        {
            _OTHERS: (0.6064, 0.2289),
            "NARM": (0.6832, 0.2863),
            "STAMP": (0.6874, 0.2967),
            "SR-GNN": (0.7057, 0.3094),
        },
        _SR_GNN,
    ),
    KnownCut(
        # Not the cut of the GRU4Rec authors' parameter files, which is larger.
        "diginetica of the session-graph papers",
        719_470,
        60_858,
        {
            _OTHERS: (0.2945, 0.0833),
            "NARM": (0.4970, 0.1617),
            "STAMP": (0.4564, 0.1432),
            "SR-GNN": (0.5073, 0.1759),
        },
        _SR_GNN,
    ),
)


def known_cut(train: SessionLog, test: SessionLog) -> KnownCut | None:
    """Recognises a cut by its sizes, whatever its files are called.

    Args:
        train: `SessionLog` to train on.
        test: `SessionLog` to test on.

    Returns:
        `KnownCut`, or `None` where nothing is known to be published.

    Example:

    >>> shop = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1)
    >>> print(known_cut(*ksr.data.split_last_days(shop.log)))
    None
    """
    sizes = tuple(int((log.lengths - 1).sum()) for log in (train, test))
    return next((cut for cut in CUTS if (cut.train_pairs, cut.test_pairs) == sizes), None)
