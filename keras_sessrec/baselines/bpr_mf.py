"""The BPR-MF baseline."""

from __future__ import annotations

import numpy as np

from keras_sessrec.baselines.baseline import Baseline
from keras_sessrec.baselines.ragged import Ragged
from keras_sessrec.data import SessionLog
from keras_sessrec.ops.progress import progress_bar


class BPRMF(Baseline):
    """Matrix factorisation trained by Bayesian personalised ranking (BPR-MF).

    Rendle et al., "BPR: Bayesian Personalized Ranking from Implicit Feedback",
    UAI 2009. Session `s` has a vector `u_s`, item `i` a vector `v_i` and a bias `b_i`;
    for an event (s, i) and an item `j` drawn uniformly, gradient ascent on

        ln sigmoid(u_s . (v_i - v_j) + b_i - b_j) - regularization / 2 * |parameters|^2.

    A new session has no vector, so scoring takes the mean of its items' vectors:
    `score(j) = mean(v_i, i in session) . v_j + b_j`. Hidasi et al., "Session-based
    Recommendations with Recurrent Neural Networks", ICLR 2016, section 4.1.

    Mini-batches of plain SGD; the gradients of one item or session that occurs
    several times in a mini-batch are added. Fitting holds
    `4 * dimension * (sessions + items)` bytes of parameters; the session vectors are
    dropped afterwards.

    Args:
        dimension: Positive int, length of the vectors. Defaults to 80.
        epochs: Positive int, passes over the events. Defaults to 10.
        learning_rate: Positive float. Defaults to 0.2. Too small a rate leaves the
            vectors near their small start, and the scores rank like popularity; a
            smaller log needs a larger rate or more epochs.
        regularization: Non-negative float. Defaults to 0.
        batch_size: Positive int, events per update. Defaults to 1024.
        seed: Int. Equal seeds give equal scores. Defaults to 0.
        verbose: As in Keras: `"auto"` (default) or 1 for a progress bar once it has taken two
            seconds, 0 for silence, 2 for one line at the end.

    Attributes:
        item_vectors: float32 `[N, dimension]`, after `fit`.
        item_biases: float32 `[N]`, after `fit`.

    Raises:
        ValueError: An argument is out of its range; in `fit`, training diverged.

    Example:

    >>> import numpy as np
    >>> from keras_sessrec.catalog import Catalog
    >>> from keras_sessrec.data import SessionLog
    >>> log = SessionLog.from_arrays(
    ...     session_codes=np.array([0, 0, 1]), item_codes=np.array([0, 1, 1]),
    ...     timestamps=np.arange(3), session_ids=np.array([7, 8]), item_ids=np.array([50, 60]))
    >>> BPRMF(dimension=4).fit(log, Catalog([50, 60])).score(np.array([[1, 0]])).shape
    (1, 2)
    """

    def __init__(
        self,
        dimension: int = 80,
        epochs: int = 10,
        learning_rate: float = 0.2,
        regularization: float = 0.0,
        batch_size: int = 1024,
        seed: int = 0,
        verbose: int | str = "auto",
    ) -> None:
        for name, value in [
            ("dimension", dimension),
            ("epochs", epochs),
            ("learning_rate", learning_rate),
            ("batch_size", batch_size),
        ]:
            if value <= 0:
                raise ValueError(f"`{name}` must be positive. Received: {value}.")
        if regularization < 0:
            raise ValueError(f"`regularization` must not be negative. Received: {regularization}.")
        self.dimension = dimension
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.regularization = regularization
        self.batch_size = batch_size
        self.seed = seed
        self.verbose = verbose

    def _fit(self, sessions: Ragged, log: SessionLog) -> None:
        rng = np.random.default_rng(self.seed)
        num_items = len(self.popularity)
        # The bias is one more dimension, in which every session vector holds a constant 1.
        items = _initial(rng, num_items, self.dimension)
        items[:, -1] = 0
        users = _initial(rng, len(sessions), self.dimension)
        users[:, -1] = 1
        owners = sessions.owners
        total = self.epochs * len(owners)
        with progress_bar("Fitting BPRMF", total, "event", self.verbose) as bar:
            for _ in range(self.epochs):
                events = rng.permutation(len(owners))
                negatives = rng.integers(num_items, size=len(owners))
                for start in range(0, len(events), self.batch_size):
                    batch = events[start : start + self.batch_size]
                    drawn = negatives[start : start + self.batch_size]
                    columns = (owners[batch], sessions.values[batch], drawn)
                    ascend(users, items, *columns, self.learning_rate, self.regularization)
                    bar.update(len(batch))
        if not np.isfinite(items).all():
            raise ValueError(
                "Training diverged: the item vectors are no longer finite. Received: "
                f"`learning_rate` {self.learning_rate}, `batch_size` {self.batch_size}. Lower them."
            )
        self.item_vectors, self.item_biases = items[:, :-1].copy(), items[:, -1].copy()

    def _score(self, prefixes: Ragged) -> np.ndarray:
        sums = np.add.reduceat(self.item_vectors[prefixes.values], prefixes.offsets[:-1])
        means = sums / prefixes.lengths[:, None].astype(np.float32)
        return means @ self.item_vectors.T + self.item_biases


def ascend(
    users: np.ndarray,
    items: np.ndarray,
    owners: np.ndarray,
    positives: np.ndarray,
    negatives: np.ndarray,
    learning_rate: float,
    regularization: float,
) -> None:
    """One step of gradient ascent on one mini-batch, in place.

    `users` and `items` are float `[..., dimension + 1]`; the last column of items holds the
    biases, that of users ones, which stay. Of each event come its session, its column and a
    drawn one.
    """
    user, positive, negative = users[owners], items[positives], items[negatives]
    difference = positive - negative
    margin = np.einsum("ed,ed->e", user, difference)
    # sigmoid(-margin), without the overflow of exp.
    slope = (0.5 - 0.5 * np.tanh(margin / 2))[:, None]
    user_step = slope * difference - regularization * user
    user_step[:, -1] = 0
    pull = slope * user
    item_step = np.concatenate(
        [pull - regularization * positive, -pull - regularization * negative]
    )
    _add_rows(users, owners, learning_rate * user_step)
    _add_rows(items, np.concatenate([positives, negatives]), learning_rate * item_step)


def _initial(rng: np.random.Generator, rows: int, dimension: int) -> np.ndarray:
    """Small random vectors, as the GRU4Rec authors' baseline starts, with room for the bias."""
    return rng.uniform(-0.05, 0.05, size=(rows, dimension + 1)).astype(np.float32)


def _add_rows(table: np.ndarray, rows: np.ndarray, steps: np.ndarray) -> None:
    """Adds `steps` to `rows` of `table`; steps of one row are summed first."""
    order = np.argsort(rows, kind="stable")
    starts = np.flatnonzero(np.diff(rows[order], prepend=-1))
    table[rows[order[starts]]] += np.add.reduceat(steps[order], starts)
