"""The Python blocks of README.md and docs/, and the small world that they run in."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

import keras_sessrec as ksr

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
# These begin with nothing; the others have what "your own log" has made.
FROM_NOTHING = {"README", "own_log"}
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
SMALLER = {
    r"\b(epochs|epochs_per_subnet)=\d+": r"\1=1",
    r"\b2048\b": "32",
    r"\[(100|192)\]": "[16]",
}
SMALL = {"num_sessions": 500, "num_items": 60, "num_days": 6, "seed": 3}


def code_of(page: Path) -> str:
    """All Python blocks of a page, one after the other, with numbers that cost less."""
    code = "\n".join(BLOCK.findall(page.read_text()))
    for large, small in SMALLER.items():
        code = re.sub(large, small, code)
    return code


class DocsWorld:
    """A shop's clicks in files, and what the guide to a log of one's own makes of them.

    Args:
        folder: Path of a folder that can be filled.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shop = ksr.data.synthetic_shop(**SMALL)
        self._write_clicks("clicks.csv", ("session_id", "item_id", "timestamp"), 1)
        self._write_clicks("visits.csv", ("visitor", "product", "at"), 1000)
        log, _ = ksr.data.clean(ksr.data.read_clicks(folder / "clicks.csv"))
        train, test = ksr.data.split_last_days(log, days=1)
        catalog = ksr.Catalog.from_log(train)
        train, valid = ksr.data.split_last_days(train, days=1)
        self._names = {"log": log, "train": train, "valid": valid, "test": test}
        self._names["catalog"] = catalog
        model = ksr.models.GRU4Rec(catalog, units=[16], tie_embeddings=True, seed=1)
        model.compile(negatives=ksr.samplers.Popularity(32), jit_compile=False)
        model.fit(ksr.batches.session_parallel(train, catalog), verbose=0)
        model.save(folder / "model.keras")

    def names(self) -> dict[str, Any]:
        """What a page's code finds: modules, the parts of the log, a trained model."""
        model = ksr.models.GRU4Rec.from_preset(self.folder / "model.keras")
        modules = {"keras": keras, "ksr": ksr, "np": np, "tf": tf}
        return modules | self._names | {"model": model, "shop": self.shop}

    def _write_clicks(self, name: str, columns: tuple[str, ...], ticks: int) -> None:
        """One row a click, `ticks` of the clock a second."""
        log = self.shop.log
        sessions = log.session_ids[log.session_of_event]
        times = log.timestamps * ticks
        with open(self.folder / name, "w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(columns)
            rows.writerows(zip(sessions, log.item_ids[log.item_codes], times, strict=True))
