"""What is done with a trained model: `evaluate`, `recommend`, `serve`."""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sys
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
    (answer,) = model.recommend([args.items], k=args.k, exclude_seen=args.exclude_seen)
    for rank, (item, score) in enumerate(answer, start=1):
        print(f"{rank:>4}  {item}  {score:.4f}")


def serve(args: argparse.Namespace) -> None:
    """Serves a model until Ctrl-C or a termination signal."""
    logging.basicConfig(format="%(message)s", stream=sys.stdout)
    logging.getLogger("keras_sessrec").setLevel(logging.INFO)
    folder = Path(args.model)
    exports = folder / "export" if (folder / "export").is_dir() else folder
    signal.signal(signal.SIGTERM, _leave)
    server = DevServer(exports, port=args.port, items=args.items, host=args.host)
    with server, contextlib.suppress(KeyboardInterrupt):
        server.wait()


def _leave(*_: Any) -> None:
    sys.exit()
