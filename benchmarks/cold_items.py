"""Items that nobody has clicked yet: rows predicted from their features, against the alternatives.

    python benchmarks/cold_items.py --data DIR --json cold_items.json

DIR holds `online_retail` and `wikispeedia` (`train.parquet`, `test.parquet`, `items.parquet` with a
column `text`) and `globo` (`test_all.parquet` too; `items.parquet` has category, publication time
and number of words); without it the synthetic shop and its titles are used. GRU4Rec (100 units,
tied, cross-entropy) is trained on logs without some items: of globo those are the articles that
the training log does not have, of the others a tenth of the items, drawn at random. Then it
must recommend all items: `model.extended` gives the new ones rows from their features.

`cold` are the next clicks on new items, `warm` those on others; the whole catalog is ranked.
`share` is the new items' part of the first 20 places. Compared with: the trained model
without the new items; random rows, as `warm_start` leaves them; the popularity that ridge
regression on the features predicts for new items; `blend=h`: the rows of trained items of n clicks
are n / (n + h) their own and for the rest what their features predict, too; content kNN, the cosine
of an item's features with the last click's or with the sum of all clicks'; and, as a ceiling, a
model trained with clicks on the new items. For globo that model also trains on the first half of
the test window, and all rows are measured on the second half.
"""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from click_logs import TIME_UNITS, last_sessions
from machine import describe
from tables import Record, Records, means, parser, print_table

import keras_sessrec as ksr
from keras_sessrec.ops.ridge import Ridge

NAMES = ("globo", "online_retail", "wikispeedia")
EPOCHS = {"globo": 4}
SHARES = (None, 0.02, 0.05, 0.12, 0.2, 0.5)
BLENDS = (0.5, 2)
Logs = tuple[ksr.data.SessionLog, ksr.data.SessionLog, ksr.data.SessionLog]


def logs_of(data: str | None, name: str, seed: int, quick: bool) -> tuple[Logs, ksr.Catalog]:
    """Training log without the new items, that of the ceiling, test log; a catalog with features.

    The catalog's first items are those of the training log; the new ones have counts of 0.
    """
    if data is None:
        shop = ksr.data.synthetic_shop(seed=1)
        full, test = ksr.data.split_last_days(shop.log, days=1)
        texts = dict(zip(shop.item_ids.tolist(), shop.titles, strict=True))
    else:
        folder, unit = pathlib.Path(data) / name, TIME_UNITS.get(name, "s")
        full, test = (
            ksr.data.read_clicks(folder / f"{part}.parquet", time_unit=unit)
            for part in ("train", "test_all" if name == "globo" else "test")
        )
        items = pd.read_parquet(folder / "items.parquet").set_index("ItemId")
        if name == "globo":
            return globo(full, test, items, quick)
        texts = items["text"].to_dict()
    full = last_sessions(full, 10_000) if quick else full
    known = full.item_ids[np.bincount(full.item_codes, minlength=len(full.item_ids)) > 0]
    hidden = np.random.default_rng(seed).choice(known, len(known) // 10, replace=False)
    train = full.select_events(~np.isin(full.item_ids[full.item_codes], hidden))
    catalog = ksr.Catalog.from_log(train).with_items(hidden)
    vectorizer = ksr.features.TextVectorizer()
    catalog = catalog.with_features("about", vectorizer.fit(catalog, texts))
    return (train, full, test), catalog


def globo(
    train: ksr.data.SessionLog, test: ksr.data.SessionLog, items: pd.DataFrame, quick: bool
) -> tuple[Logs, ksr.Catalog]:
    """As `logs_of`: the last sessions, whose items are new ones of the test window."""
    train = last_sessions(train, 30_000 if quick else 300_000)
    order = np.argsort(test.start_times, kind="stable")
    first, second = (test.select_sessions(part) for part in np.array_split(order, 2))
    catalog = ksr.Catalog.from_log(train).with_items(test.item_ids)
    about = items.reindex(catalog.item_ids)
    columns = article_features(about, train.timestamps.max())
    there, is_new = about["category_id"].notna().to_numpy(), catalog.counts == 0
    for kind, chosen in (("trained", ~is_new), ("new", is_new)):
        print(f"{there[chosen].mean():.0%} of {chosen.sum():,} {kind} articles have features")
    frames = [
        pd.DataFrame(
            {
                "session_id": log.session_ids[log.session_of_event],
                "item_id": log.item_ids[log.item_codes],
                "timestamp": log.timestamps,
            }
        )
        for log in (train, first)
    ]
    full = ksr.data.from_frame(pd.concat(frames))
    return (train, full, second), catalog.with_features("about", columns)


def article_features(items: pd.DataFrame, now: float) -> np.ndarray:
    """float `[N, F]`: category, publication time, number of words, whether nothing is known.

    The time is read by bell curves a day, half a day and six hours wide over the last 20 days.
    """
    known = items["category_id"].notna().to_numpy()
    days = np.where(known, (now - items["created_at_ts"].to_numpy() / 1000) / 86_400, 0.0)
    parts = [pd.get_dummies(items["category_id"]).to_numpy(float)]
    for width in (1.0, 0.5, 0.25):
        centres = np.arange(-1.0, 20.0, width)
        parts.append(np.exp(-0.5 * ((np.clip(days, -1, 20)[:, None] - centres) / width) ** 2))
    parts.append(np.log1p(items["words_count"].fillna(0).to_numpy(float))[:, None] / 10)
    columns = np.concatenate(parts, axis=1) * known[:, None]
    return np.concatenate([columns, ~known[:, None]], axis=1)


def trained(
    log: ksr.data.SessionLog, catalog: ksr.Catalog, name: str, seed: int, quick: bool
) -> ksr.models.GRU4Rec:
    """GRU4Rec of the items that have been clicked."""
    drop = 0.0 if name == "globo" else 0.2
    model = ksr.models.GRU4Rec(
        catalog,
        tie_embeddings=True,
        embedding_dropout=drop,
        hidden_dropout=drop,
        seed=seed,
    )
    model.compile(
        optimizer=ksr.optimizers.SparseAdagrad(0.07),
        negatives=ksr.samplers.Popularity(512, alpha=0.5, logq=1.0),
    )
    batches = ksr.batches.session_parallel(log, catalog, lanes=64)
    model.fit(batches, epochs=2 if quick else EPOCHS.get(name, 8), verbose=0)
    return model


def blended(model: ksr.models.GRU4Rec, half: float) -> ksr.models.GRU4Rec:
    """The rows of trained items moved towards what their features predict."""
    catalog = model.catalog
    known = np.flatnonzero(catalog.counts)
    features, counts = catalog.features["about"].to_dense()[known], catalog.counts[known]
    ridge = Ridge(features, counts / (counts + 20))
    own = (counts / (counts + half))[:, None]
    for table in (model.network.scorer.table, model.network.scorer.bias):
        rows = np.array(table).reshape(catalog.num_items + 1, -1)
        coefficients, intercept = ridge.fit(rows[known + 1])
        rows[known + 1] = own * rows[known + 1] + (1 - own) * (features @ coefficients + intercept)
        table.assign(rows.reshape(table.shape))
    return model


class Popularity:
    """Items by their clicks; new ones by those that their features predict."""

    def __init__(self, catalog: ksr.Catalog, features: np.ndarray) -> None:
        known = catalog.counts > 0
        weights, intercept = Ridge(features[known], np.ones(known.sum())).fit(
            np.log(catalog.counts[known])[:, None]
        )
        predicted = np.exp((features @ weights + intercept)[:, 0])
        self.catalog = catalog
        self._counts = np.where(known, catalog.counts, predicted).astype("float32")

    def score(self, items: np.ndarray) -> np.ndarray:
        return np.tile(self._counts, (len(items), 1))


class ContentKNN:
    """Items by the cosine of their features with those of the last click, or of all clicks."""

    def __init__(self, catalog: ksr.Catalog, features: np.ndarray, last: bool) -> None:
        lengths = np.linalg.norm(features, axis=1, keepdims=True)
        self._unit = (features / np.where(lengths > 0, lengths, 1)).astype("float32")
        # Equal ones are all behind the target; a little at random is fairer to whoever has many.
        self._noise = 1e-4 * np.random.default_rng(0).random(len(features), "float32")
        self.catalog, self._last = catalog, last

    def score(self, items: np.ndarray) -> np.ndarray:
        rows = np.zeros((len(items), len(self._unit) + 1), "float32")
        if self._last:
            ends = np.maximum((items > 0).sum(axis=1) - 1, 0)
            items = np.take_along_axis(items, ends[:, None], axis=1)
        np.add.at(rows, (np.arange(len(items))[:, None], items), 1)
        return rows[:, 1:] @ self._unit @ self._unit.T + self._noise


def measured(scorer: Any, catalog: ksr.Catalog, test: ksr.data.SessionLog) -> Record:
    """Recall and MRR on next clicks on new items, on others, and on both."""
    result = ksr.evaluate(scorer, test, k=[20], unseen="miss")
    own = scorer.catalog
    is_new = catalog.counts[catalog.encode(own.item_ids) - 1] == 0
    found = result.rank <= 20
    cold = np.append(False, is_new)[result.target]
    parts = {"cold": cold, "warm": (result.target > 0) & ~cold, "all": result.target >= 0}
    if not is_new.any():  # a model that does not know them
        parts = {"warm": parts["warm"], "all": parts["all"]}
    record: Record = {}
    for part, rows in parts.items():
        record[f"{part} recall@20"] = float(found[rows].mean())
        record[f"{part} mrr@20"] = float(np.where(found[rows], 1 / result.rank[rows], 0).mean())
    times = result.recommended[20]
    return {"share": float(times[is_new].sum() / times.sum())} | record


def scorers_of(
    logs: tuple[ksr.data.SessionLog, ksr.data.SessionLog],
    catalog: ksr.Catalog,
    name: str,
    seed: int,
    quick: bool,
) -> dict[str, Callable[[], Any]]:
    """Functions that make what is compared; only the models are trained beforehand."""
    features = catalog.features["about"].to_dense().astype("float64")
    old, ceiling = (trained(log, ksr.Catalog.from_log(log), name, seed, quick) for log in logs)
    random = ksr.models.GRU4Rec(catalog, tie_embeddings=True, seed=seed)
    random.warm_start(old)
    extended = {
        f"extended, share={share}": partial(
            old.extended, catalog, "about", log=logs[0], share=share
        )
        for share in SHARES
    }
    blends = {
        f"extended, blend={half}": partial(
            lambda half: blended(old.extended(catalog, "about", log=logs[0]), half), half
        )
        for half in BLENDS
    }
    return {
        "popularity, predicted": lambda: Popularity(catalog, features),
        "content kNN, last click": lambda: ContentKNN(catalog, features, last=True),
        "content kNN, all clicks": lambda: ContentKNN(catalog, features, last=False),
        "trained, without the new items": lambda: old,
        "random rows": lambda: random,
        **extended,
        **blends,
        "trained with them": lambda: ceiling,
    }


def main() -> None:
    arguments = parser(__doc__, "the last 10,000 sessions (globo: 30,000), 2 epochs, one seed")
    arguments.add_argument("--data", help="folder with the data sets; else the synthetic shop")
    arguments.add_argument("--datasets", nargs="+", choices=NAMES, default=NAMES)
    arguments.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    args = arguments.parse_args()
    print(describe())
    records = Records(args.json)
    for name in args.datasets if args.data else ["synthetic_shop"]:
        for seed in args.seeds[:1] if args.quick else args.seeds:
            (train, full, test), catalog = logs_of(args.data, name, seed, args.quick)
            print(f"\n{name}: train {train!r}, test {test!r}, {catalog!r}")

            scorers = scorers_of((train, full), catalog, name, seed, args.quick)
            for row, make in scorers.items():
                begin = time.perf_counter()
                scorer = make()
                seconds = time.perf_counter() - begin
                facts = {"dataset": name, "row": row, "seed": seed, "seconds": seconds}
                records.add(facts | measured(scorer, catalog, test))
    print("\nMeans over seeds, metrics in %:")

    def more(same: list[Record]) -> Record:
        return {key: float(np.mean([r[key] for r in same])) for key in ("share", "seconds")}

    print_table(means(records, ["dataset", "row"], more))


if __name__ == "__main__":
    main()
