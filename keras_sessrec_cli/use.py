"""What is done with a trained model: `evaluate`, `recommend`, `serve`."""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

import keras_sessrec as ksr
from keras_sessrec.reproduction.run_folder import write_json
from keras_sessrec.serving.dev_server import DevServer
from keras_sessrec_cli import clicks


def evaluate(args: argparse.Namespace) -> None:
    """Measures a model on clicks."""
    model = ksr.models.SessionRecommender.from_preset(args.model)
    log = clicks.read(args)
    if args.test_days is not None:
        _, log = ksr.data.split_last_days(log, args.test_days, known_items_only=False)
    result = ksr.evaluate(model, log)
    k = max(result.k)
    intervals = {metric: result.confidence_interval(metric, k) for metric in ("recall", "mrr")}
    print(f"\n{result}")
    for metric, (low, high) in intervals.items():
        print(f"{metric}@{k} is between {low:.4f} and {high:.4f} (95%, other sessions alike)")
    if args.json:
        numbers = {"k": k, "metrics": result.metrics(), "intervals": intervals}
        write_json(Path(args.json), {**numbers, "cases": result.num_cases})


def recommend(args: argparse.Namespace) -> None:
    """Prints what a model recommends."""
    model = ksr.models.SessionRecommender.from_preset(args.model)
    known = model.catalog.encode(args.items) > 0
    if known.any() and not known.all():
        unknown = [item for item, is_known in zip(args.items, known, strict=True) if not is_known]
        warnings.warn(
            f"Skipped, since the model does not know them: {', '.join(unknown)}.", stacklevel=2
        )
    (answer,) = model.recommend([args.items], k=args.k, exclude_seen=args.exclude_seen)
    for rank, (item, score) in enumerate(answer, start=1):
        print(f"{rank:>4}  {item}  {score:.4f}")


def serve(args: argparse.Namespace) -> None:
    """Serves a model until Ctrl-C or a termination signal.

    Raises:
        ValueError: The folder holds no export, or is none.
    """
    logging.basicConfig(format="%(message)s", stream=sys.stdout)
    logging.getLogger("keras_sessrec").setLevel(logging.INFO)
    # Deprecations of what TensorFlow Serving itself loads models by.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    folder = Path(args.model)
    exports = folder / "export" if (folder / "export").is_dir() else folder
    if folder.is_dir() and not any(folder.glob("**/saved_model.pb")):
        raise ValueError(
            "`FOLDER` must hold an export, as `train` writes it. "
            f"Received: {args.model!r}, which has none."
        )
    trained = [str(path.parent) for path in sorted(folder.glob("*/export"))]
    if exports == folder and trained:
        raise ValueError(
            "`FOLDER` must be what `train` has written. "
            f"Received: {args.model!r}, which holds such folders. Give one of {trained}."
        )
    signal.signal(signal.SIGTERM, _leave)
    server = DevServer(exports, port=args.port, items=args.items, host=args.host)
    with server, contextlib.suppress(KeyboardInterrupt):
        server.wait()


def _leave(*_: Any) -> None:
    sys.exit()
