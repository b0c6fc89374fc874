"""When does a parallel network pay? Fewer units, and fewer clicks of every item.

    python benchmarks/prnn_regimes.py --data DIR --json regimes.json --plot regimes.png

Hidasi et al. (RecSys 2016) report 5% to 14% more MRR than ids alone at equal units in all. Two
things can make ids short of what words know: capacity (`--units`, in all) and clicks
(`--fractions`, the most recent part of the training log; the catalog is of that part). Both are
swept, one at a time. As in the paper (4.2), rate and dropout of the networks of ids alone and of
words alone are chosen on the end of the training log, then both are trained on all of it, and the
subnets of the others have the settings of their own kind; nothing is chosen for parallel networks.
Each subnet is trained for ten epochs, with cross-entropy over 512 popular items. "vs ids" is the
relative difference in MRR@20 from ids alone of the same seed; p is of a test paired by session.

DIR has `online_retail`, `wikispeedia` and `globo` (see papers.py); without it the synthetic shop is
swept. A regime that the JSON file has whole is not trained again. The plot needs matplotlib.
"""

from __future__ import annotations

import json
import pathlib
import time
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import keras
import numpy as np
from machine import describe
from papers import SHOP, World
from tables import Record, Records, means, parser, print_table

import keras_sessrec as ksr

K = 20
EPOCHS = 10
SAMPLES = 512
FRACTIONS = [Fraction(1, parts) for parts in (1, 4, 16, 64)]
RATES, DROPOUTS = (0.05, 0.1, 0.2), (0.0, 0.4)
IDS, WORDS, BOTH = "ids", "words", "concatenated"
# Name -> strategy of two subnets with half the units each, and epochs in all.
PARALLEL = {
    "parallel, simultaneous": (ksr.training.Simultaneous(), EPOCHS),
    "parallel, alternating": (ksr.training.Alternating(), 2 * EPOCHS),
    "parallel, residual": (ksr.training.Residual(epochs_per_subnet=EPOCHS), 2 * EPOCHS),
    "parallel, interleaving": (ksr.training.Interleaving(), EPOCHS),
}
Layers = ksr.layers
Setting = tuple[float, float]  # learning rate, dropout


class Regime:
    """Training, validation and test of one world, cut to its most recent part."""

    def __init__(self, world: World, fraction: float, units: int, quick: bool) -> None:
        self.train = ksr.data.recent_fraction(world.train, fraction)
        self.test, self.units, self._quick = world.test, units, quick
        self._known = world.catalog

    def catalog(self, log: ksr.data.SessionLog) -> ksr.Catalog:
        """The items of a log with their words."""
        words, ids = self._known.features["text"], self._known.item_ids
        return ksr.Catalog.from_log(log).with_features("text", words, item_ids=ids)

    def settings(self) -> dict[str, Setting]:
        """Rate and dropout of ids alone and of words alone, the best on the end of the log."""
        train, valid = ksr.data.split_last_sessions(self.train, 0.1)
        catalog = self.catalog(train)
        grid = [(rate, dropout) for rate in RATES for dropout in DROPOUTS]
        found = {}
        for name in (IDS, WORDS):
            tried = grid[2:3] if self._quick else grid
            mrr = {}
            for setting in tried:
                model = self.trained(name, train, catalog, 0, {IDS: setting, WORDS: setting})
                mrr[setting] = ksr.evaluate(model, valid, k=K, coverage=False).mrr(K)
            found[name] = max(mrr, key=mrr.get)
        return found

    def trained(
        self,
        name: str,
        log: ksr.data.SessionLog,
        catalog: ksr.Catalog,
        seed: int,
        settings: dict[str, Setting],
    ) -> ksr.models.ParallelGRU4Rec:
        """A trained network."""
        keras.utils.clear_session()
        strategy, epochs = PARALLEL.get(name, (ksr.training.Simultaneous(), EPOCHS))
        readers = {
            IDS: Layers.OneHotItem(seed=10 * seed + 1),
            WORDS: Layers.FeatureTable("text", seed=10 * seed + 2),
        }
        if name not in readers and name != BOTH:
            units, own = self.units // 2, settings
        else:
            readers[BOTH] = Layers.Concatenated(list(readers.values()))
            units, readers = self.units, {name: readers[name]}
            own = {name: settings[WORDS if name == WORDS else IDS]}
        subnets = {
            view: Layers.Subnet(reader, [units], dropout=own[view][1], seed=10 * seed + i)
            for i, (view, reader) in enumerate(readers.items())
        }
        model = ksr.models.ParallelGRU4Rec(catalog, subnets, seed=seed)
        rate = own[next(iter(own))][0]
        model.compile(
            ksr.optimizers.SparseAdagrad(rate),
            ksr.losses.CrossEntropy(),
            ksr.samplers.Popularity(SAMPLES, alpha=0.5, logq=1.0),
            strategy=strategy,
            learning_rate_factors={view: own[view][0] / rate for view in readers},
        )
        batches = ksr.batches.session_parallel(log, catalog, lanes=min(64, log.num_sessions))
        model.fit(batches, epochs=2 if self._quick else epochs, verbose=0)
        return model


def regimes(fractions: Iterable[Fraction], units: Iterable[int]) -> list[tuple[Fraction, int]]:
    """One axis at a time, from all clicks and the most units."""
    fractions, units = sorted(fractions, reverse=True), sorted(units, reverse=True)
    axes = [(part, units[0]) for part in fractions] + [(fractions[0], size) for size in units]
    return list(dict.fromkeys(axes))


def main() -> None:
    arguments = parser(__doc__, "two regimes of one seed, two epochs, no search")
    arguments.add_argument("--data", help="folder with the data sets; else the synthetic shop")
    arguments.add_argument(
        "--datasets", nargs="+", default=["online_retail", "wikispeedia", "globo"]
    )
    arguments.add_argument("--fractions", nargs="+", type=Fraction, default=FRACTIONS)
    arguments.add_argument("--units", nargs="+", type=int, default=[100, 30, 10], help="in all")
    arguments.add_argument("--networks", nargs="+", default=[WORDS, BOTH, *PARALLEL])
    arguments.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    arguments.add_argument("--plot", help="file for a picture")
    args = arguments.parse_args()
    if args.quick:
        args.fractions, args.units, args.seeds = [Fraction(1, 4)], [20, 10], args.seeds[:1]
    print(describe())
    records = Records(args.json)
    if args.json and pathlib.Path(args.json).exists():
        records.extend(json.loads(pathlib.Path(args.json).read_text()))
    done = {(r["dataset"], r["fraction"], r["units"], r["network"], r["seed"]) for r in records}
    for name in args.datasets if args.data else [SHOP]:
        world = World(args.data, name, args.quick)
        for fraction, units in regimes(args.fractions, args.units):
            key = {"dataset": name, "fraction": str(fraction), "units": units}
            wanted = [(n, s) for s in args.seeds for n in (IDS, *args.networks)]
            if all((*key.values(), *row) in done for row in wanted):
                continue
            regime = Regime(world, float(fraction), units, args.quick)
            print(f"\n{key}: {regime.train!r}", flush=True)
            for row in measured(regime, args.networks, args.seeds):
                if (*key.values(), row["network"], row["seed"]) not in done:
                    records.add(key | row)
    print("\nMeans over seeds, in %:")
    by = ["dataset", "fraction", "units", "network"]
    print_table(means(records, by, against_ids))
    if args.plot:
        plot(records, args.plot)


def measured(regime: Regime, networks: list[str], seeds: list[int]) -> Iterable[Record]:
    """All networks of a regime, seed by seed."""
    settings = regime.settings()
    catalog = regime.catalog(regime.train)
    clicks = float(np.median(catalog.counts))
    for seed in seeds:
        reference: Any = None
        for name in (IDS, *networks):
            begin = time.perf_counter()
            model = regime.trained(name, regime.train, catalog, seed, settings)
            seconds = time.perf_counter() - begin
            result = ksr.evaluate(model, regime.test, k=K, coverage=False)
            record: Record = {"network": name, "seed": seed, "clicks of the median item": clicks}
            record |= {f"{view} rate, dropout": str(value) for view, value in settings.items()}
            record |= {"recall@20": result.recall(K), "mrr@20": result.mrr(K)}
            record["train seconds"] = seconds
            if reference is not None:
                record["relative mrr"] = result.mrr(K) / reference.mrr(K) - 1
                record["p"] = ksr.compare(result, reference).p_value
            reference = reference or result
            yield record


def against_ids(same: list[Record]) -> Record:
    """The seeds of a row against those of ids alone."""
    row: Record = {"median clicks": same[0]["clicks of the median item"]}
    compared = [record for record in same if "p" in record]
    if compared:
        row["vs ids"] = f"{100 * np.mean([r['relative mrr'] for r in compared]):+.1f}"
        row["p < .05"] = f"{sum(r['p'] < 0.05 for r in compared)} of {len(compared)}"
    return row


def plot(records: list[Record], path: str) -> None:
    """Relative MRR by part of the log and by units, a row per data set; mean, range of seeds."""
    from matplotlib.figure import Figure

    datasets = list(dict.fromkeys(r["dataset"] for r in records))
    most = max(r["units"] for r in records)
    figure = Figure(figsize=(9, 2.8 * len(datasets)), layout="constrained")
    grid = figure.subplots(len(datasets), 2, squeeze=False)
    for axes, name in zip(grid, datasets, strict=True):
        own = [r for r in records if r["dataset"] == name and "relative mrr" in r]
        by_fraction = [r for r in own if r["units"] == most]
        parts = {r["fraction"] for r in own}
        most_swept = max(parts, key=lambda p: len({r["units"] for r in own if r["fraction"] == p}))
        by_units = [r for r in own if r["fraction"] == most_swept]
        _curves(axes[0], by_fraction, lambda r: float(Fraction(r["fraction"])))
        axes[1].set_visible(len({r["units"] for r in by_units}) > 1)
        _curves(axes[1], by_units, lambda r: r["units"])
        axes[0].set(title=name, xlabel="part of the training log", ylabel="MRR@20 vs ids, %")
        axes[1].set(title=f"{name}, {most_swept} of the log", xlabel="units in all")
    grid[0][0].legend(fontsize=7)
    figure.savefig(path, dpi=120)


def _curves(axes: Any, records: list[Record], place: Any) -> None:
    """One line per network."""
    axes.axhline(0, color="black", linewidth=0.8)
    axes.axhline(5, color="grey", linewidth=0.8, linestyle=":")
    for network in dict.fromkeys(r["network"] for r in records):
        values: dict[float, list[float]] = {}
        for r in records:
            if r["network"] == network:
                values.setdefault(place(r), []).append(100 * r["relative mrr"])
        x = sorted(values)
        low, mean, high = ([f(values[key]) for key in x] for f in (min, np.mean, max))
        axes.plot(x, mean, marker="o", markersize=3, label=network)
        axes.fill_between(x, low, high, alpha=0.2)
    axes.set_xscale("log")
    places = sorted({place(r) for r in records})
    axes.set_xticks(places, [str(Fraction(x).limit_denominator(1000)) for x in places])
    axes.minorticks_off()


if __name__ == "__main__":
    main()
