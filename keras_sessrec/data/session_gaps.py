"""Cuts sessions at pauses."""

from __future__ import annotations

from numbers import Real

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keras_sessrec.data.session_log import SessionLog, check_log


def sessionize(log: SessionLog, gap: float) -> SessionLog:
    """Cuts every session where its visitor paused for longer than `gap`.

    For logs without session ids, read with the visitor as the session, and for
    sessions that span days. A new session is called `"<old id>@<first time>"`, so
    that sessions of one visitor from different files do not get the same id.

    Args:
        log: `SessionLog`, its sessions being visitors or sessions.
        gap: float, seconds (units of the log's timestamps). An event more than this
            after the one before it begins a new session. Half an hour and an hour
            are usual.

    Returns:
        A `SessionLog` with the same events.

    Raises:
        ValueError: `gap` is no positive number.

    Example:

    >>> visits = SessionLog.from_arrays(
    ...     np.array([0, 0, 0]), np.array([0, 1, 0]), np.array([0, 60, 7260]),
    ...     np.array([42]), np.array(["tea", "cup"], object))
    >>> sessionize(visits, gap=3600).session_ids.tolist()
    ['42@0', '42@7260']
    """
    check_log(log)
    if not isinstance(gap, Real) or not gap > 0:
        raise ValueError(f"`gap` must be a positive number of seconds. Received: {gap!r}.")
    is_first = np.zeros(log.num_events, bool)
    is_first[1:] = np.diff(log.timestamps) > gap
    is_first[log.offsets[:-1]] = True
    starts = np.flatnonzero(is_first)
    new_ids = pc.binary_join_element_wise(
        pa.array(log.session_ids[log.session_of_event[starts]]).cast(pa.large_string()),
        pa.array(log.timestamps[starts]).cast(pa.large_string()),
        pa.scalar("@", pa.large_string()),
    )
    return SessionLog.from_arrays(
        session_codes=np.cumsum(is_first) - 1,
        item_codes=log.item_codes,
        timestamps=log.timestamps,
        session_ids=new_ids.to_numpy(zero_copy_only=False),
        item_ids=log.item_ids,
    )
