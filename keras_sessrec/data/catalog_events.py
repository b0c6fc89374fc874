"""A log as seen through a catalog: items 1..N, unknown ones taken out."""

from __future__ import annotations

import logging

import numpy as np

from keras_sessrec.catalog import Catalog
from keras_sessrec.data.session_log import SessionLog

logger = logging.getLogger(__name__)


def catalog_events(log: SessionLog, catalog: Catalog) -> tuple[np.ndarray, np.ndarray]:
    """Maps a log's events to the items of a catalog.

    Events with items that the catalog does not hold are spliced out (a, ?, b becomes
    a, b), as in the GRU4Rec evaluation protocol, and their number is logged.

    Args:
        log: `SessionLog`.
        catalog: `Catalog`.

    Returns:
        Tuple of int32 `[events]` items 1..N and int64 `[sessions + 1]` offsets; a session
        may have become empty.
    """
    items = catalog.encode(log.item_ids)[log.item_codes]
    known = items > 0
    if known.all():
        return items, log.offsets
    logger.info(
        "%d of %d events have items outside the catalog and are left out.",
        np.count_nonzero(~known),
        len(items),
    )
    kept_before = np.concatenate([[0], np.cumsum(known)])
    return items[known], kept_before[log.offsets]
