"""The recipe for who tunes nothing, beside the best tuned baseline of every log.

    python benchmarks/baselines.py --data DIR --json baselines.json
    python benchmarks/default_recipe.py --data DIR --baselines baselines.json --json default.json

Per log and seed the recipes are trained as they are and ranked with the test, unseen items counted
as misses; beside them the one baseline of `baselines.json` that has the best MRR@20 of this very
test, which is in its favour. `MRR@20 more` is what the recipe has more, with its interval of 95%,
paired by session. Without `--baselines` it is `SequentialRules` as it is. DIR and logs as in
`baselines.py`. Rows that the JSON file already has are not trained again.
"""

from __future__ import annotations

import json
import pathlib
import time
from typing import Any

from machine import describe
from tables import Record, Records, means, parser, print_table

import keras_sessrec as ksr
from baselines import LOGS, SHOP, K, logs_of, spaces

RECIPES = ["gru4rec_cosine_128", "gru4rec_diginetica_xe_shared"]
AS_IT_IS: Record = {"baseline": "SR", "settings": {}}


def best(baselines: list[Record], dataset: str) -> Record:
    """The baseline of a log with the best MRR@20 of its test."""
    rows = [record for record in baselines if record["dataset"] == dataset]
    return max(rows, key=lambda record: record["mrr@20 miss"], default=AS_IT_IS)


def measured(
    recipe: ksr.recipes.Recipe,
    seed: int,
    train: ksr.data.SessionLog,
    test: ksr.data.SessionLog,
    rival: ksr.evaluation.EvaluationResult,
) -> Record:
    """Trains and tests a recipe; seconds of a CPU, so that a busy machine does not change them."""
    begin = time.process_time()
    model = recipe.train(train, seed=seed, verbose=0)
    spent = time.process_time() - begin
    result = ksr.evaluate(model, test, k=K, unseen="miss", coverage=False)
    more = ksr.compare(result, rival)
    return {
        "recall@20": result.recall(K),
        "mrr@20": result.mrr(K),
        "more": [100 * value for value in (more.low, more.difference, more.high)],
        "train CPU seconds": spent,
    }


def intervals(same: list[Record]) -> Record:
    """Further columns: the baseline, and the interval of the seed that gains least."""
    low, difference, high = min((record["more"] for record in same), key=lambda more: more[1])
    baseline = f"{same[0]['rival']} {100 * same[0]['rival mrr']:.2f}"
    spent = sum(record["train CPU seconds"] for record in same) / len(same)
    return {
        "best baseline, MRR@20": baseline,
        "MRR@20 more, least of the seeds": f"{difference:+.2f} ({low:+.2f} to {high:+.2f})",
        "train, CPU seconds": round(spent),
    }


def main() -> None:
    arguments = parser(__doc__, "2,000 sessions, one epoch, one seed, the first log")
    arguments.add_argument("--data", help="folder with the data sets; else the synthetic shop")
    arguments.add_argument("--baselines", help="what `baselines.py --json` has written")
    arguments.add_argument("--datasets", nargs="+", default=LOGS)
    arguments.add_argument("--recipes", nargs="+", default=RECIPES)
    arguments.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    args = arguments.parse_args()
    print(describe())
    ksr.training.keep_freed_memory()
    records, tuned = Records(args.json), _read(args.baselines)
    records.extend(_read(args.json))
    done = {(record["dataset"], record["recipe"], record["seed"]) for record in records}
    makers = {name: make for name, (make, _) in spaces(1.0).items()}
    datasets = args.datasets if args.data else [SHOP]
    seeds = args.seeds[:1] if args.quick else args.seeds
    for dataset in datasets[:1] if args.quick else datasets:
        rows = [(name, seed) for name in args.recipes for seed in seeds]
        rows = [row for row in rows if (dataset, *row) not in done]
        if not rows:
            continue
        train, test = logs_of(args.data, dataset, args.quick)
        rival = best(tuned, dataset)
        catalog = ksr.Catalog.from_log(train)
        scorer = makers[rival["baseline"]](**rival["settings"]).fit(train, catalog)
        theirs = ksr.evaluate(scorer, test, k=K, unseen="miss", coverage=False)
        facts = {"rival": rival["baseline"], "rival mrr": theirs.mrr(K)}
        for name, seed in rows:
            recipe = ksr.recipes.get(name)
            recipe = recipe.with_epochs(1) if args.quick else recipe
            row = {"dataset": dataset, "recipe": name, "seed": seed, **facts}
            records.add(row | measured(recipe, seed, train, test, theirs))
    print_table(means(records, ["dataset", "recipe"], intervals))


def _read(path: str | None) -> list[Any]:
    """The records of a file, none where there is no file."""
    file = pathlib.Path(path or "")
    return json.loads(file.read_text()) if file.is_file() else []


if __name__ == "__main__":
    main()
