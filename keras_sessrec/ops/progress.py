"""Progress of what takes long, for whoever waits."""

from __future__ import annotations

import math
import sys

from tqdm import tqdm

AFTER = 2.0  # seconds: what is sooner done shows nothing
IN_FILES = 30.0  # seconds between two lines where nobody watches, as in a file


def progress_bar(
    what: str, total: int | None = None, unit: str = "step", verbose: int | str = "auto"
) -> tqdm:
    """Makes a bar that appears on stderr once the work has taken two seconds.

    Not Keras' bar, which says not what it is of, begins at once, and cannot be had where Keras is
    not known, as in `keras_sessrec.data`; this one comes with TensorFlow Datasets.

    Args:
        what: str, such as "Evaluating".
        total: int, how many units there are to do, or `None` where nobody knows.
        unit: str, one of them.
        verbose: As in Keras: `"auto"` or 1 for a bar, 0 for silence, 2 for one line at the end.

    Returns:
        Context manager with `update(number)`, called whenever so many more are done.

    Raises:
        ValueError: `verbose` is none of these.

    Example:

    >>> with progress_bar("Counting", total=3, verbose=0) as bar:
    ...     for number in range(3):
    ...         done = bar.update(1)
    """
    if verbose not in ("auto", 0, 1, 2):
        raise ValueError(f"`verbose` must be 'auto', 0, 1 or 2. Received: verbose={verbose!r}.")
    every = math.inf if verbose == 2 else 0.1 if sys.stderr.isatty() else IN_FILES
    return tqdm(
        desc=what,
        total=total,
        unit=f" {unit}",
        unit_scale=True,
        disable=verbose == 0,
        delay=0 if verbose == 2 else AFTER,
        mininterval=every,
        maxinterval=max(every, 10.0),
        file=sys.stderr,
    )
