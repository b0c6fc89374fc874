"""The papers' own configurations, on the data there is, beside the papers' figures on theirs.

    python benchmarks/papers.py --data DIR --json papers.json

Trains recipes as they are (`ksr.recipes`), nothing tuned, and ranks the whole catalog:

- gru4rec: Hidasi et al. (ICLR 2016), TOP1, BPR and cross-entropy with in-batch negatives, 100 and
  1,000 units, on `rsc15_64`;
- prnn: Hidasi et al. (RecSys 2016), TOP1, on `online_retail`, `wikispeedia`, `globo` (words are
  categories and lengths of articles; the last 150,000 sessions) and the synthetic shop. The paper
  tuned rates and dropouts for ids and for features alone and does not print them: the recipes have
  those of ICLR 2016; "p < .05" is a test, paired by session, against `prnn_id_100` of the seed;
- tan: Tan et al. (2016), M1 to M4 with 100 units, and with `--units 1000`, on `rsc15_64`.

DIR has a folder per data set with train.parquet and test.parquet, and items.parquet for features.
Without `--data` all run on the synthetic shop. Rows that the JSON file already has are not trained
again: run the same line again after a kill. Best on a GPU; hours on two cores.
"""

from __future__ import annotations

import json
import pathlib
import time
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import pandas as pd
from click_logs import last_sessions, load
from machine import describe
from tables import Record, Records, means, parser, print_table

import keras_sessrec as ksr

K = 20
SHOP = "synthetic_shop"
GLOBO_SESSIONS = 150_000
STRATEGIES = ("simultaneous", "alternating", "residual", "interleaving")
GRU4REC = [f"gru4rec_2016_rsc15_{loss}" for loss in ("top1", "bpr", "xe")]
ONE = "prnn_id_100"
PRNN = [
    *(ONE, "prnn_id_200", "prnn_text_100", "prnn_concatenated_text_100"),
    *(f"prnn_parallel_text_{strategy}_100" for strategy in STRATEGIES),
    *("prnn_shared_text_residual_100", "prnn_interaction_text_residual_100"),
]
PRNN_LARGE = ["prnn_id_1000", "prnn_text_1000", "prnn_concatenated_text_1000"]
PRNN_LARGE += [f"prnn_parallel_text_{strategy}_500" for strategy in STRATEGIES]
TAN = ["tan_m1", "tan_m2", "tan_m3", "tan_m4"]


def rows_of(part: str, units: Sequence[int]) -> list[tuple[str, str]]:
    """Data set and recipe of every row of a part."""
    if part == "prnn":
        names = PRNN * (100 in units) + PRNN_LARGE * (1000 in units)
        worlds = (SHOP, "online_retail", "wikispeedia", "globo")
        return [(world, name) for world in worlds for name in names]
    stems = GRU4REC if part == "gru4rec" else TAN
    return [("rsc15_64", f"{stem}_{size}") for size in units for stem in stems]


class World:
    """A data set, its catalog with words, and what is trained on it."""

    def __init__(self, data: str | None, name: str, quick: bool) -> None:
        if data is None or name == SHOP:
            shop = ksr.data.synthetic_shop(num_items=5_000, seed=1)
            self.train, self.test = ksr.data.split_last_days(shop.log, days=7)
            texts = dict(zip(shop.item_ids, shop.titles, strict=True))
        else:
            self.train, self.test = load(data, name, quick=False)
            texts = texts_of(pathlib.Path(data) / name / "items.parquet")
        if name == "globo":
            self.train = last_sessions(self.train, GLOBO_SESSIONS)
        if quick:
            self.train, self.test = last_sessions(self.train, 2_000), last_sessions(self.test, 500)
        self.catalog = ksr.Catalog.from_log(self.train)
        if texts:
            words = ksr.features.TextVectorizer().fit(self.catalog, texts)
            self.catalog = self.catalog.with_features("text", words)
        self._starts: dict[tuple[str, int], ksr.models.SessionRecommender] = {}

    def trained(self, recipe: ksr.recipes.Recipe, seed: int) -> ksr.models.SessionRecommender:
        """The recipe's model; one that others start from is trained once a seed."""
        key = (recipe.name, seed)
        if key not in self._starts:
            start = None if recipe.start is None else self.trained(recipe.start, seed)
            model = recipe.train(self.train, self.catalog, seed, start, verbose=0)
            if recipe.name.startswith("tan_m1"):
                self._starts[key] = model
            return model
        return self._starts[key]


def texts_of(path: pathlib.Path) -> dict[int, str]:
    """The words of every item; of a news article its category and the length of its text."""
    if not path.exists():
        return {}
    items = pd.read_parquet(path)
    if "text" not in items:
        length = np.log2(items["words_count"] + 1).round().astype(int).astype(str)
        items["text"] = "category" + items["category_id"].astype(str) + " length" + length
    return dict(zip(items["ItemId"].tolist(), items["text"].tolist(), strict=True))


def main() -> None:
    arguments = parser(__doc__, "two epochs on 2,000 sessions, one seed")
    arguments.add_argument("--data", help="folder with the data sets; else the synthetic shop")
    arguments.add_argument("--parts", nargs="+", default=["gru4rec", "prnn", "tan"])
    arguments.add_argument("--datasets", nargs="+", help="only these")
    arguments.add_argument("--recipes", nargs="+", help="only these")
    arguments.add_argument("--units", nargs="+", type=int, choices=[100, 1000], default=[100])
    arguments.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    args = arguments.parse_args()
    print(describe())
    rows = [row for part in args.parts for row in rows_of(part, args.units)]
    rows = [row for row in rows if not args.datasets or row[0] in args.datasets]
    rows = [row for row in rows if not args.recipes or row[1] in (*args.recipes, ONE)]
    if not args.data:
        rows = list(dict.fromkeys((SHOP, name) for _, name in rows))
    records = Records(args.json)
    if args.json and pathlib.Path(args.json).exists():
        records.extend(json.loads(pathlib.Path(args.json).read_text()))
    done = {(r["dataset"], r["recipe"], r["seed"]) for r in records}
    for name in dict.fromkeys(name for name, _ in rows):
        world = World(args.data, name, args.quick)
        print(f"\n{name}: train {world.train!r}, test {world.test!r}", flush=True)
        for seed in args.seeds[:1] if args.quick else args.seeds:
            reference = None
            for recipe in [recipe for world_name, recipe in rows if world_name == name]:
                compared = recipe == ONE and any(
                    (name, other, seed) not in done for n, other in rows if n == name
                )
                if (name, recipe, seed) in done and not compared:
                    continue
                keras.utils.clear_session()
                record, result = measured(world, recipe, seed, args.quick, reference)
                if recipe == ONE:
                    reference = result
                if (name, recipe, seed) not in done:
                    records.add({"dataset": name, **record})
    print("\nMeans over seeds, in %:")
    print_table(means(records, ["dataset", "recipe"], beside))


def measured(
    world: World, name: str, seed: int, quick: bool, reference: Any
) -> tuple[Record, ksr.evaluation.EvaluationResult]:
    """One recipe of one seed, and its ranks with unseen items dropped, as in the papers."""
    recipe = ksr.recipes.get(name)
    if quick:
        recipe = recipe.with_epochs(2)  # strategies of two stages have both
    begin = time.perf_counter()
    model = world.trained(recipe, seed)
    seconds = time.perf_counter() - begin
    record: Record = {"recipe": name, "seed": seed, "train seconds": seconds}
    for unseen in ("miss", "drop"):
        result = ksr.evaluate(model, world.test, world.catalog, k=K, unseen=unseen, coverage=False)
        record |= {f"recall@20 {unseen}": result.recall(K), f"mrr@20 {unseen}": result.mrr(K)}
    if reference is not None:
        record["relative mrr"] = result.mrr(K) / reference.mrr(K) - 1
        record["p"] = ksr.compare(result, reference).p_value
    return record, result


def beside(same: list[Record]) -> Record:
    """The paper's figures, and the comparison with ids alone."""
    recipe = ksr.recipes.get(same[0]["recipe"])
    figures = " / ".join(f"{100 * found.value:.2f}" for found in recipe.expects)
    columns: Record = {"published": f"{figures} ({recipe.expects[0].dataset})" if figures else "-"}
    compared = [record for record in same if "p" in record]
    if compared:
        relative = 100 * np.mean([record["relative mrr"] for record in compared])
        columns["against ids"] = f"{relative:+.1f}"
        columns["p < .05"] = f"{sum(r['p'] < 0.05 for r in compared)} of {len(compared)}"
    return columns


if __name__ == "__main__":
    main()
