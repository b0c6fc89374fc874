"""The most recent part of a click log."""

from __future__ import annotations

import logging
import math

import numpy as np

from keras_sessrec.data.session_log import SessionLog, check_log

_logger = logging.getLogger(__name__)


def recent_fraction(log: SessionLog, fraction: float) -> SessionLog:
    """Keeps the most recent sessions that hold a fraction of the training sequences.

    Tan, Xu and Liu (2016), section 4: the training sequences are sorted by time and a
    model is trained on the most recent 1/4, 1/16, ... of them. A sequence is a prefix of a
    session with its next event, so a session of n events holds n - 1. Sessions stay
    whole: the fraction is exceeded by less than the sequences of the oldest session kept.
    By how many goes to the logger.

    Args:
        log: `SessionLog`. A session is as recent as its last event; of sessions that end
            at the same time the later ones in the log are the more recent.
        fraction: float in (0, 1]; 1 is the log itself.

    Returns:
        `SessionLog` of the fewest most recent sessions with at least `fraction` of the
        sequences.

    Raises:
        ValueError: `fraction` is out of range, or no session has two events.

    Example:

    >>> log = SessionLog.from_arrays(
    ...     np.repeat(np.arange(4), 3), np.tile([0, 1, 2], 4), np.arange(12),
    ...     np.array([7, 8, 9, 10]), np.array(["tea", "cup", "pot"], object))
    >>> recent_fraction(log, 1 / 4).session_ids.tolist()
    [10]
    >>> recent_fraction(log, 0.3).session_ids.tolist()
    [9, 10]
    """
    check_log(log)
    if not 0 < fraction <= 1:
        raise ValueError(f"`fraction` must be in (0, 1]. Received: fraction={fraction}.")
    sequences = np.maximum(log.lengths - 1, 0)
    total = int(sequences.sum())
    if not total:
        raise ValueError(
            "`log` must have a session of at least two events. "
            f"Received: {log!r}, which has no event to predict."
        )
    if fraction == 1:
        return log
    # Rounded first: 0.07 * 100 is 7.000000000000001.
    wanted = math.ceil(round(fraction * total, 6))
    newest_first = np.argsort(log.end_times, kind="stable")[::-1]
    held = np.cumsum(sequences[newest_first])
    num = int(np.searchsorted(held, wanted)) + 1
    _logger.info(
        "the most recent %s of %s sequences: %s in %s sessions, %s more than asked for",
        *(f"{n:,}" for n in (wanted, total, held[num - 1], num, held[num - 1] - wanted)),
    )
    return log.select_sessions(newest_first[:num])
