"""A catalog that gained items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from keras_sessrec.raw_ids import as_integer

if TYPE_CHECKING:
    from keras_sessrec.catalog import Catalog
    from keras_sessrec.data import SessionLog


def extended(catalog: Catalog, log: SessionLog) -> Catalog:
    """Appends the items of a log that a catalog lacks; see `Catalog.extended`."""
    counts = np.bincount(log.item_codes, minlength=len(log.item_ids))
    occurs = counts > 0
    ids, counts = log.item_ids[occurs], counts[occurs]
    items = catalog.encode(ids)
    is_new = items == 0
    of_old = np.bincount(items, weights=counts, minlength=catalog.num_items + 1)[1:]

    new_ids = _as_ids_of(catalog, ids[is_new])
    by_id = np.argsort(new_ids, kind="stable")
    order = by_id[np.argsort(-counts[is_new][by_id], kind="stable")]
    rows = np.append(np.arange(catalog.num_items), np.full(len(order), -1))
    return type(catalog)(
        np.concatenate([catalog.item_ids, new_ids[order]]),
        np.concatenate([of_old.astype(np.int64), counts[is_new][order]]),
        {name: table.take(rows) for name, table in catalog.features.items()},
    )


def _as_ids_of(catalog: Catalog, ids: np.ndarray) -> np.ndarray:
    """Raw ids in the type of the catalog's, as `Catalog.encode` takes them for the same."""
    if catalog.item_ids.dtype == object:
        return np.array([str(i) for i in ids.tolist()], dtype=object)
    integers: list[Any] = [as_integer(i) for i in ids.tolist()]
    if None in integers:
        raise ValueError(
            "`log` must have integer item ids, as the catalog has. "
            f"Received: {ids.tolist()[integers.index(None)]!r}."
        )
    return np.array(integers, dtype=np.int64)
