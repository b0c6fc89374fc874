"""`keras-sessrec train`: from clicks to a model, a report and an export."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import keras
import pandas as pd

import keras_sessrec as ksr
from keras_sessrec.reproduction.provenance import environment, log_facts
from keras_sessrec.reproduction.row import BASELINES
from keras_sessrec.reproduction.run_folder import MODEL, RunFolder, write_json, write_text
from keras_sessrec_cli import clicks, report

RECIPE = "gru4rec_cosine_128"  # the default; see the README for what it reaches
EPOCHS = 20  # of the default recipe, at most: validation says when to stop
K = 20
PATIENCE = 2  # epochs without a better MRR in validation, where a recipe does not stop by itself
# Two minutes of fitting for a baseline that the others beat are not worth a shop's while.
LEFT_OUT = ("BPR-MF",)


def train(args: argparse.Namespace) -> None:
    """Runs the command.

    Args:
        args: Of `command`.

    Raises:
        ValueError: The clicks, the recipe or the folder cannot be used.
    """
    ksr.training.keep_freed_memory()
    recipe = ksr.recipes.get(args.recipe or RECIPE)
    if args.epochs or not args.recipe:
        recipe = recipe.with_epochs(args.epochs or EPOCHS)
    log = clicks.read(args)
    log, cleaning = ksr.data.clean(log)
    print(f"\nLeft out, as in the papers:\n{cleaning}\n")
    train_log, test, words = clicks.split(log, args)
    catalog = ksr.Catalog.from_log(train_log)
    facts = {
        "train": log_facts(train_log),
        "test": log_facts(test),
        "recipe": recipe.name,
        "epochs": recipe.epochs,
        "seed": args.seed,
    }
    folder = RunFolder(args.output, facts).path

    model, epochs = _trained(recipe, train_log, catalog, args.seed, folder)
    k = min(K, catalog.num_items)
    scorers = {n: make() for n, make in BASELINES.items() if n not in LEFT_OUT}
    print(f"\nTested on {words}:\n{'':20}Recall@{k}   MRR@{k}")
    results = {}
    network = type(model).__name__
    for name, scorer in {**scorers, network: model}.items():
        if name in scorers:
            scorer.fit(train_log, catalog)
        result = results[name] = ksr.evaluate(scorer, test, k=k)
        print(f"{name:20}{result.recall(k):9.3f}{result.mrr(k):9.3f}", flush=True)
    found = report.Report(
        name=folder.resolve().name,
        folder=args.output,
        clicks=f"{', '.join(args.clicks)}; the test is {words}",
        cleaning=str(cleaning),
        facts=facts,
        epochs=epochs,
        results=results,
        examples=report.examples(model, train_log, test),
        environment=environment(),
    )
    print(found.verdict())
    write_json(folder / "report.json", found.data())
    write_text(folder / "report.md", found.text())
    if not (folder / "export" / "1").exists():
        ksr.serving.export(
            model,
            folder / "export",
            k=k,
            version=1,
            data=found.clicks,
            evaluation=results[network],
        )
    print(f"\nReport: {folder}/report.md   Model: {folder}/{MODEL}   Export: {folder}/export/1")
    print(f"Try it: {report.as_called()} serve {folder}")


def _trained(
    recipe: ksr.recipes.Recipe,
    log: ksr.data.SessionLog,
    catalog: ksr.Catalog,
    seed: int,
    folder: Path,
) -> tuple[Any, list[dict[str, float]]]:
    """The trained model and its losses and metrics by epoch, from the folder if it has them."""
    done = folder / "training.json"
    if (folder / MODEL).exists():
        print(f"\n{folder / MODEL} is trained; it is tested anew.")
        return keras.models.load_model(folder / MODEL), json.loads(done.read_text())
    k = min(K, catalog.num_items)
    metrics = [ksr.metrics.RecallAtK(k), ksr.metrics.MRRAtK(k)]
    recipe = recipe.with_arguments({"compile.metrics": metrics})
    fit, valid = recipe.kept_apart(log, seed)
    history = keras.callbacks.History()
    callbacks: list[keras.callbacks.Callback] = [
        keras.callbacks.TensorBoard(folder / "logs"),
        history,
    ]
    if recipe.early_stopping is None:
        stop = keras.callbacks.EarlyStopping(
            f"val_mrr_at_{k}", mode="max", patience=PATIENCE, restore_best_weights=True
        )
        callbacks.append(stop)
    print(f"\nTrains {recipe.name}; a tenth of the sessions says how well it goes:")
    model = recipe.train(
        fit,
        catalog,
        seed,
        backup_dir=folder / "backup",
        validation_data=ksr.batches.whole_sessions(valid, catalog),
        callbacks=callbacks,
        verbose=1 if sys.stdout.isatty() else 2,
    )
    columns = {n: v for n, v in history.history.items() if n == "loss" or n.startswith("val_")}
    epochs = pd.DataFrame(columns).astype(float).to_dict("records")
    write_json(done, epochs)
    model.save(folder / MODEL)
    return model, epochs
