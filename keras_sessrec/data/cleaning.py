"""Cleans click logs as the papers do, counting what goes."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np

from keras_sessrec.data.cleaning_report import CleaningReport, CleaningStep
from keras_sessrec.data.session_log import SessionLog, check_log
from keras_sessrec.ops.progress import progress_bar

_logger = logging.getLogger(__name__)


def clean(
    log: SessionLog,
    min_session_length: int = 2,
    min_item_support: int = 5,
    max_session_length: int | None = None,
    drop_duplicates: bool = False,
    drop_immediate_repeats: bool = False,
    iterate: bool = False,
    verbose: int | str = "auto",
) -> tuple[SessionLog, CleaningReport]:
    """Drops what the papers drop: short sessions and rare items.

    The defaults are the preprocessing of the GRU4Rec papers (Hidasi et al., 2016,
    section 4; Hidasi et al., 2016, p-RNN: support of 5). In this order:

    1. exact duplicates (option): of events with the same session, item and time
       the first one stays;
    2. over-long sessions (option): a session of more than `max_session_length`
       events is dropped whole, as the papers do with bots;
    3. immediate repeats (option): i, i, j becomes i, j;
    4. sessions of fewer than `min_session_length` events;
    5. items with fewer than `min_item_support` events: those events are dropped;
    6. step 4 again, as step 5 shortens sessions. With `iterate=True`, steps 4 and 5
       are repeated until neither drops anything.

    After one pass an item may again have less than the support, because step 6
    dropped its sessions: the published RSC15 counts have this property.

    Args:
        log: `SessionLog`; it is left as it is.
        min_session_length: int, at least 1. Defaults to 2.
        min_item_support: int, at least 1: fewest events of an item. Defaults to 5.
        max_session_length: int or `None`, longest session kept. Defaults to `None`:
            no limit.
        drop_duplicates: bool. Defaults to `False`.
        drop_immediate_repeats: bool. Defaults to `False`.
        iterate: bool. Defaults to `False`: one pass, as published.
        verbose: As in Keras: `"auto"` (default) or 1 for a progress bar once it has taken two
            seconds, 0 for silence, 2 for one line at the end.

    Returns:
        Pair of the cleaned `SessionLog` and a `CleaningReport` that can be printed.

    Raises:
        ValueError: An argument is out of range, or no event is left.

    Example:

    >>> log = SessionLog.from_arrays(
    ...     np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([1, 2, 3]),
    ...     np.array([7, 8]), np.array(["tea", "cup"], object))
    >>> cleaned, report = clean(log, min_item_support=1)
    >>> cleaned.session_ids.tolist()
    [7]
    """
    check_log(log)
    limits = {
        "min_session_length": min_session_length,
        "min_item_support": min_item_support,
        "max_session_length": max_session_length,
    }
    for name, limit in limits.items():
        if limit is not None and limit < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {limit}.")
    steps = [CleaningStep.after("before", log)]

    def apply(name: str, rule: Callable[[SessionLog], np.ndarray]) -> None:
        nonlocal log
        log = log.select_events(rule(log))
        steps.append(CleaningStep.after(name, log))
        bar.update(1)

    def drop_short_sessions() -> None:
        apply(
            f"sessions of fewer than {min_session_length} events",
            lambda log: np.repeat(log.lengths >= min_session_length, log.lengths),
        )

    def drop_rare_items() -> None:
        apply(
            f"items of fewer than {min_item_support} events",
            lambda log: (np.bincount(log.item_codes) >= min_item_support)[log.item_codes],
        )

    with progress_bar("Cleaning", unit="rule", verbose=verbose) as bar:
        if drop_duplicates:
            apply("exact duplicates", _is_no_duplicate)
        if max_session_length is not None:
            apply(
                f"sessions of more than {max_session_length} events",
                lambda log: np.repeat(log.lengths <= max_session_length, log.lengths),
            )
        if drop_immediate_repeats:
            apply("immediate repeats", _is_no_repeat)
        drop_short_sessions()
        drop_rare_items()
        drop_short_sessions()
        # steps[-3] is the log before the last two steps: they dropped something, so go on.
        while iterate and log.num_events < steps[-3].events:
            drop_rare_items()
            drop_short_sessions()

    report = CleaningReport(tuple(steps))
    if not log.num_events:
        raise ValueError(
            "`log` must have events that the rules keep. Received: a log of which nothing is "
            f"left. Loosen the rules that dropped most:\n{report}"
        )
    _logger.info("cleaned:\n%s", report)
    return log, report


def _is_no_repeat(log: SessionLog) -> np.ndarray:
    """bool `[events]`, false where the event before it in its session has the same item."""
    kept = np.ones(log.num_events, bool)
    kept[1:] = log.item_codes[1:] != log.item_codes[:-1]
    kept[log.offsets[:-1]] = True
    return kept


def _is_no_duplicate(log: SessionLog) -> np.ndarray:
    """bool `[events]`, true for the first event with its session, time and item."""
    # Events of one session and time stand together: number these groups.
    starts_group = np.ones(log.num_events, bool)
    starts_group[1:] = log.timestamps[1:] != log.timestamps[:-1]
    starts_group[log.offsets[:-1]] = True
    group = np.cumsum(starts_group)
    _, first = np.unique(group * len(log.item_ids) + log.item_codes, return_index=True)
    kept = np.zeros(log.num_events, bool)
    kept[first] = True
    return kept
