"""Does it come out as published? Trains recipes, measures them, writes a report.

    python examples/reproduce.py gru4rec_rsc15_xe_shared_100 tan_m1_100 --data DIR --dataset NAME

Names are of recipes (`ksr.recipes.list()`) or of papers, such as tan_2016 and gru4rec_2016; a name
that there is not lists them all. DIR/NAME holds `train.parquet` and `test.parquet`
(columns SessionId, ItemId, Time) and may hold `items.parquet` (ItemId, text). Without `--data` it
is a synthetic shop. Run the same line again after a kill: what is finished is not trained again.
The report is `reports/NAME/report.md`; its pictures need matplotlib (`pip install ".[viz]"`).
"""

import argparse
import datetime
import pathlib
import shlex
import sys
from fractions import Fraction

import numpy as np
import pandas as pd

from keras_sessrec_cli import without_notes

with without_notes():  # of TensorFlow, on processors and drivers
    import keras

    import keras_sessrec as ksr

K = 20
DEFAULT = ["gru4rec_rsc15_xe_shared_100", "tan_m1_100", "tan_m2_100"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=DEFAULT, help="of recipes and papers")
    parser.add_argument("--data", help="folder with data sets; the synthetic shop if not given")
    parser.add_argument("--dataset", default="rsc15_64", help="folder in --data")
    parser.add_argument("--time-unit", default="s", help="of numeric times: s, ms, us or ns")
    parser.add_argument("--seeds", nargs="+", type=int, help="1 2 3 if not given; 1 if tiny")
    parser.add_argument("--epochs", type=int, help="instead of the published number")
    parser.add_argument("--fractions", nargs="+", type=Fraction, default=[1], help="as 1 1/4 1/16")
    parser.add_argument("--baselines", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--out", help="folder of the report; reports/<dataset> if not given")
    parser.add_argument("--log-dir", default="logs/reproduce", help="for TensorBoard")
    parser.add_argument("--tiny", action="store_true", help="a few seconds, for testing")
    args = parser.parse_args()
    recipes = ksr.reproduction.find_recipes(args.names)
    if args.tiny:
        recipes = [recipe.tiny() for recipe in recipes]
    seeds = args.seeds or ([1] if args.tiny else [1, 2, 3])
    features = {name for recipe in recipes for name in recipe.features}

    # === The logs, and what is known of the items ===
    name = args.dataset if args.data else "synthetic_shop"
    if args.data:
        folder = pathlib.Path(args.data) / name
        shop, (train, test, catalog) = None, read(folder, features, args.time_unit)
    else:
        size = {"num_sessions": 600, "num_items": 60} if args.tiny else {}
        shop = ksr.data.synthetic_shop(**size, seed=1)
        train, test = ksr.data.split_last_days(shop.log, days=1)
        catalog = with_shop_features(ksr.Catalog.from_log(train), shop, features)
    print(f"train {train!r}\ntest {test!r}\n{catalog!r}")

    # === What is trained ===
    out = args.out or f"reports/{name}{'_tiny' if args.tiny else ''}"
    command = shlex.join([pathlib.Path(sys.executable).name, *sys.argv])
    reproduction = ksr.reproduction.Reproduction(out, train, test, catalog, name, command=command)
    plan = ksr.reproduction.Plan.of(
        recipes, catalog, seeds, args.fractions, args.baselines, args.epochs
    )
    for skipped, reason in plan.skipped.items():
        print(f"{skipped} is skipped: {reason}")

    # === One row after the other ===
    run = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    print(f"\n{'':58}Recall@{K}   MRR@{K}")
    for row in plan.rows:
        keras.utils.clear_session()  # frees what the row before has compiled
        board = keras.callbacks.TensorBoard(f"{args.log_dir}/{run}/{row.key}")
        record = reproduction.run(row, callbacks=[board])
        found = record["metrics"]["drop"]
        print(f"{row.key:58}{found['recall@20']:9.3f}{found['mrr@20']:9.3f}", flush=True)
    if shop is not None:
        best = shop.ceiling(test, k=K, candidates=catalog.item_ids)
        print(f"{'best possible':58}{best.recall:9.3f}{best.mrr:9.3f}")

    # === The report ===
    published = reproduction.published()
    words = "Published, ours, and the difference where the data are the same:"
    print(f"\n{words if published else 'None of these recipes has a published figure.'}")
    for found in published:
        how = f"unseen = {found['unseen']}, ranked among {found['among']}"
        figures = f"{found['published']:.4f}  "
        figures += "-  " if found["ours"] is None else f"{found['ours']:.4f}  "
        figures += found["why_not"] or f"{found['difference']:+.4f}"
        print(f"{found['row']}, {found['metric']}, {how}: {figures}")
    print(f"\nReport: {reproduction.write_report()}")
    print(f"TensorBoard: {sys.executable} -m tensorboard.main --logdir {args.log_dir}")


def read(folder: pathlib.Path, features: set[str], time_unit: str):
    """Logs and catalog of a folder, with the words of the items if a recipe reads them."""
    files = (folder / f"{part}.parquet" for part in ("train", "test"))
    train, test = (ksr.data.read_clicks(file, time_unit=time_unit) for file in files)
    catalog = ksr.Catalog.from_log(train)
    if "text" in features and (folder / "items.parquet").exists():
        items = pd.read_parquet(folder / "items.parquet", columns=["ItemId", "text"])
        texts = dict(zip(items["ItemId"].tolist(), items["text"].tolist(), strict=True))
        catalog = catalog.with_features("text", ksr.features.TextVectorizer().fit(catalog, texts))
    return train, test, catalog


def with_shop_features(catalog: ksr.Catalog, shop, features: set[str]) -> ksr.Catalog:
    """The words of titles, and thumbnails as the mean colours of 8 x 8 squares."""
    if "text" in features:
        titles = dict(zip(shop.item_ids, shop.titles, strict=True))
        catalog = catalog.with_features("text", ksr.features.TextVectorizer().fit(catalog, titles))
    if "image" in features:
        pixels = shop.thumbnails(catalog.item_ids).reshape(-1, 8, 4, 8, 4, 3)
        colours = pixels.mean(axis=(2, 4)).reshape(len(pixels), -1) / 255
        catalog = catalog.with_features("image", colours.astype(np.float32))
    return catalog


if __name__ == "__main__":
    main()
