"""What all baselines share: one way to fit, one way to score."""

from __future__ import annotations

import abc
from typing import Self

import numpy as np

from keras_sessrec.baselines.ragged import Ragged
from keras_sessrec.catalog.catalog import Catalog
from keras_sessrec.data import SessionLog
from keras_sessrec.data.session_log import check_log


class Baseline(abc.ABC):
    """Base of the baselines: encodes, checks, and answers the empty session.

    A child implements `_fit` and `_score`. Both speak of a *column*, the item's
    place in the scores: `item - 1`.

    After `fit`, `catalog` is the catalog, and `popularity` holds the int64 `[N]` number of events
    of each item in the log; `_ties` is float32 `[N]` in [0, 1) and grows with it.
    """

    def fit(self, log: SessionLog, catalog: Catalog) -> Self:
        """Learns from the training sessions.

        Events of items that are not in `catalog` are skipped, as if the session
        went from the event before to the event after.

        Args:
            log: `SessionLog`, the training events.
            catalog: `Catalog` of the items to score.

        Returns:
            The baseline itself.

        Raises:
            ValueError: No event of `log` is of an item of `catalog`.
        """
        check_log(log)
        columns = catalog.encode(log.item_ids)[log.item_codes].astype(np.int64) - 1
        known = columns >= 0
        if not known.any():
            raise ValueError(
                "`log` must have events of items of `catalog`. Received: "
                f"{log.num_events} events, none of a known item. Check that the catalog was made "
                "from this log or another log of the same shop."
            )
        offsets = np.concatenate([[0], np.cumsum(known)])[log.offsets]
        self.popularity = np.bincount(columns[known], minlength=catalog.num_items)
        self._ties = self._popularity_order()
        self._fit(Ragged(columns[known], offsets), log)
        self.catalog = catalog
        return self

    def score(self, items: np.ndarray) -> np.ndarray:
        """Scores every item as the next event of each session.

        Args:
            items: int32 `[rows, steps]`, each row the items of a session so far,
                oldest first, right-padded with 0. A 0 between items (an unknown
                item) is skipped.

        Returns:
            float32 `[rows, N]`, finite, higher is better; column `j` is item
            `j + 1`. A row without items gets the items' `popularity`.

        Raises:
            RuntimeError: `fit` was not called.
            ValueError: `items` is not of rank 2 or has an entry outside 0..N.
        """
        if not hasattr(self, "popularity"):
            raise RuntimeError(
                f"`{type(self).__name__}` knows no items yet. Call `fit(log, catalog)` first."
            )
        items = np.asarray(items)
        if items.ndim != 2 or items.dtype.kind not in "iu":
            raise ValueError(
                "`items` must be an integer array of shape [rows, steps]. "
                f"Received: shape {items.shape}, dtype {items.dtype}."
            )
        num_items = len(self.popularity)
        if items.size and (items.min() < 0 or items.max() > num_items):
            raise ValueError(
                f"`items` must be in 0..{num_items} (0 is padding). "
                f"Received: values from {items.min()} to {items.max()}."
            )
        is_item = items > 0
        lengths = is_item.sum(axis=1)
        filled = lengths > 0
        scores = np.empty((len(items), num_items), np.float32)
        scores[~filled] = self.popularity
        if filled.any():
            offsets = np.concatenate([[0], np.cumsum(lengths[filled])])
            scores[filled] = self._score(Ragged(items[is_item].astype(np.int64) - 1, offsets))
        return scores

    def _popularity_order(self) -> np.ndarray:
        """float32 `[N]` in [0, 1), growing with popularity: what breaks ties.

        It is the place of an item's popularity among the distinct popularities.
        As there are few of those (a log of n events has at most sqrt(2n)), adding
        it to a count of a few thousand keeps float32 exact enough to tell them
        apart, which the popularity itself would not.
        """
        distinct, place = np.unique(self.popularity, return_inverse=True)
        return (place / len(distinct)).astype(np.float32)

    def _by_evidence(
        self, rows: np.ndarray, columns: np.ndarray, evidence: np.ndarray, num_rows: int
    ) -> np.ndarray:
        """float32 `[num_rows, N]`, positive evidence in its cells; other items follow below 0.

        Both groups are in order of popularity where they tie: few sessions give many equal votes,
        and whoever ranks them by chance or against the target measures the ties. It makes a
        thousandth of the evidence at most.
        """
        scores = np.tile(self._ties - 1, (num_rows, 1))
        scores[rows, columns] = evidence * (1 + self._ties[columns] / 1000)
        return scores

    @abc.abstractmethod
    def _fit(self, sessions: Ragged, log: SessionLog) -> None:
        """Learns from `sessions`, row `s` the known columns of session `s` of `log`."""

    @abc.abstractmethod
    def _score(self, prefixes: Ragged) -> np.ndarray:
        """Returns the float32 `[rows, N]` scores of prefixes that are not empty."""
