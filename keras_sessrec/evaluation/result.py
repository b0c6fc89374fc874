"""What an evaluation found, case by case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from keras_sessrec.evaluation.bootstrap import bootstrap_interval
from keras_sessrec.metrics import formulas
from keras_sessrec.ops.selection import check_k

_FORMULAS = {
    "recall": formulas.hit,
    "mrr": formulas.reciprocal_rank,
    "ndcg": formulas.discounted_gain,
}


@dataclass(frozen=True, eq=False, repr=False)
class EvaluationResult:
    """The rank of every target, and the metrics that follow from it.

    Made by `evaluate`. Recall, MRR and NDCG are means over events (not over
    sessions or batches) and can be asked for any cut-off; coverage and popularity
    for those of `k`.

    Attributes:
        rank: float64 `[cases]`, rank of the target, from 1; infinite where the
            target is not in the catalog (`unseen="miss"`).
        session: int64 `[cases]`, place of the session in the test log.
        position: int64 `[cases]`, the target's place in its session, from 1, so at least 2
            (with `unseen="drop"`: in what is left of the session).
        target: int32 `[cases]`, the target item, 0 if not in the catalog.
        item_counts: int64 `[N]`, training events of item 1..N.
        recommended: dict of cut-off to int64 `[N]`: how often item 1..N was among
            the first k; empty if not asked for.
        k: tuple of int, the cut-offs of the tables.
        ties: str, rule for equal scores.
        unseen: str, what was done with items outside the catalog.
        most_supported: int or `None`, how many items the targets were ranked against.
        num_unseen_targets: int, events after the first of their session whose item
            is not in the catalog: left out, or counted as misses.
        max_length: int or `None`, how many of the last events before a target were read.
    """

    rank: np.ndarray
    session: np.ndarray
    position: np.ndarray
    target: np.ndarray
    item_counts: np.ndarray
    recommended: dict[int, np.ndarray]
    k: tuple[int, ...]
    ties: str
    unseen: str
    most_supported: int | None
    num_unseen_targets: int
    max_length: int | None = None

    @property
    def num_cases(self) -> int:
        """Number of events that were to be predicted."""
        return len(self.rank)

    def values(self, metric: str, k: int) -> np.ndarray:
        """What each case contributes to a mean.

        Args:
            metric: `"recall"`, `"mrr"` or `"ndcg"`.
            k: int, cut-off, inclusive, at most the number of items that were ranked.

        Returns:
            float64 `[cases]`.
        """
        if metric not in _FORMULAS:
            raise ValueError(
                f"`metric` must be one of {', '.join(_FORMULAS)}. Received: metric={metric!r}."
            )
        k = check_k(k, self.most_supported or len(self.item_counts))
        return np.asarray(_FORMULAS[metric](self.rank, k))

    def recall(self, k: int) -> float:
        """Share of the cases whose target is among the first `k`."""
        return float(self.values("recall", k).mean())

    def mrr(self, k: int) -> float:
        """Mean of 1 / rank, 0 beyond rank `k`."""
        return float(self.values("mrr", k).mean())

    def ndcg(self, k: int) -> float:
        """Mean of 1 / log2(rank + 1), 0 beyond rank `k`."""
        return float(self.values("ndcg", k).mean())

    def coverage(self, k: int) -> float:
        """Share of the catalog that was recommended at least once among the first `k`."""
        return float((self._recommended(k) > 0).mean())

    def popularity(self, k: int) -> float:
        """Mean popularity of the first `k`, relative to the most popular item."""
        times = self._recommended(k)
        return float(times @ formulas.relative_popularity(self.item_counts) / times.sum())

    def metrics(self) -> dict[str, float]:
        """All metrics at the cut-offs `k`, as `{"recall_at_20": 0.7, ...}`."""
        return {f"{name}_at_{k}": getattr(self, name)(k) for name in self._names() for k in self.k}

    def confidence_interval(
        self,
        metric: str,
        k: int,
        level: float = 0.95,
        resamples: int = 1000,
        seed: int = 0,
    ) -> tuple[float, float]:
        """Bootstrap interval of a metric over the test sessions.

        Args:
            metric: `"recall"`, `"mrr"` or `"ndcg"`.
            k: int, cut-off.
            level: float in (0, 1), coverage of the interval.
            resamples: int, number of resamples.
            seed: int.

        Returns:
            `(low, high)`.
        """
        sums, counts = session_sums(self.session, self.values(metric, k))
        return bootstrap_interval(sums, counts, level, resamples, seed)

    def by_position(self, k: int = 20, last: int = 10) -> pd.DataFrame:
        """Metrics by the target's place in its session.

        Args:
            k: int, cut-off.
            last: int, targets from this place on share one row.

        Returns:
            Frame indexed by `"2"`, `"3"`, ..., with `cases`, `recall`, `mrr`, `ndcg`.
        """
        if last < 2:
            raise ValueError(f"`last` must be at least 2, the first target. Received: {last}.")
        group = np.minimum(self.position, last) - 2
        labels = [*(str(place) for place in range(2, last)), f"{last}+"]
        return self._by_group(group, pd.Index(labels, name="position"), k)

    def by_popularity(self, k: int = 20, buckets: int = 5) -> pd.DataFrame:
        """Metrics by the target's number of training events.

        Args:
            k: int, cut-off.
            buckets: int, the catalog is cut into this many groups of about the same
                number of items, the rarest first. Items with equal counts are kept
                together, so there may be fewer.

        Returns:
            Frame indexed by the range of counts, `"5-9"`, with `items`, `cases`, `recall`,
            `mrr`, `ndcg`. Targets outside the catalog have a row of their own, `"unseen"`.
        """
        inner = np.quantile(self.item_counts, np.arange(1, buckets) / buckets, method="lower")
        edges = np.unique(inner[inner < self.item_counts.max()])
        item_group = np.searchsorted(edges, self.item_counts)
        num_groups = len(edges) + 1
        labels = []
        for bucket in range(num_groups):
            counts = self.item_counts[item_group == bucket]
            labels.append(f"{counts.min()}-{counts.max()}")
        items = np.bincount(item_group, minlength=num_groups)
        group = np.append(item_group, num_groups)[self.target - 1]  # Target 0 is the last entry.
        if (self.target == 0).any():
            labels, items = [*labels, "unseen"], np.append(items, 0)
        frame = self._by_group(group, pd.Index(labels, name="training_count"), k)
        frame.insert(0, "items", items)
        return frame

    def to_frame(self) -> pd.DataFrame:
        """All metrics at the cut-offs `k`, as pandas takes them.

        Returns:
            Frame of float64, indexed by `"k"`, with `recall`, `mrr`, `ndcg` and, where what is
            recommended was counted, `coverage` and `popularity`.
        """
        names = self._names()
        rows = [[getattr(self, name)(k) for name in names] for k in self.k]
        return pd.DataFrame(rows, pd.Index(self.k, name="k"), names)

    def table(self) -> str:
        """A small table of all metrics, to print."""
        against = f"the {self.most_supported:,} most supported of " if self.most_supported else ""
        lines = [
            f"{self.num_cases:,} cases of {len(np.unique(self.session)):,} sessions, ranked "
            f"against {against}{len(self.item_counts):,} items",
            f"ties {self.ties}; {self.num_unseen_targets:,} unseen targets "
            + ("left out" if self.unseen == "drop" else "counted as misses")
            + (f"; the last {self.max_length:,} events read" if self.max_length else ""),
            "     k" + "".join(f"{name:>12}" for name in self._names()),
        ]
        for k, *values in self.to_frame().itertuples():
            lines.append(f"{k:>6}" + "".join(f"{value:>12.4f}" for value in values))
        return "\n".join(lines)

    def __repr__(self) -> str:
        return self.table()

    def _names(self) -> list[str]:
        return [*_FORMULAS, "coverage", "popularity"] if self.recommended else list(_FORMULAS)

    def _recommended(self, k: int) -> np.ndarray:
        if k not in self.recommended:
            raise ValueError(
                f"Recommendations were counted for k in {sorted(self.recommended)}. "
                f"Received: k={k}. Call `evaluate` with `coverage=True` and this `k`."
            )
        return self.recommended[k]

    def _by_group(self, group: np.ndarray, labels: pd.Index, k: int) -> pd.DataFrame:
        cases = np.bincount(group, minlength=len(labels))
        columns = {"cases": cases}
        for metric in _FORMULAS:
            sums = np.bincount(group, self.values(metric, k), minlength=len(labels))
            columns[metric] = np.divide(
                sums, cases, out=np.full(len(labels), np.nan), where=cases > 0
            )
        return pd.DataFrame(columns, index=labels)


def session_sums(session: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and number of `values` of every session that has any.

    Args:
        session: int `[cases]`.
        values: float `[cases]`.

    Returns:
        `(sums, counts)`: float64 and int64 `[sessions with a case]`.
    """
    counts = np.bincount(session)
    return np.bincount(session, values)[counts > 0], counts[counts > 0]
