"""What a run was made with: software, machine, logs, features and recipes."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import importlib.metadata
import json
import os
import pathlib
import platform
import subprocess
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sessrec.catalog.item_features import ItemFeatures
from keras_sessrec.data import SessionLog
from keras_sessrec.recipes import Recipe

_PACKAGES = ("keras_sessrec", "tensorflow", "keras", "numpy", "pandas")
# What a recipe says about itself; no training depends on it.
_WORDS = ("reference", "notes", "expects")


def environment() -> dict[str, Any]:
    """Describes this process' software and machine, and the moment.

    Returns:
        dict of str: versions, `"git commit"` of the package's checkout if it is one (with "and
        changes" where files differ from it), `"system"`, `"processor"`, `"cores"` that the process
        may use, `"devices"`, `"date"` in UTC.
    """
    found: dict[str, Any] = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:  # run from its source
            found[package] = "not installed"
    if commit := _commit(pathlib.Path(__file__)):
        found["git commit"] = commit
    affinity = getattr(os, "sched_getaffinity", None)  # not on every system
    return found | {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": len(affinity(0)) if affinity else os.cpu_count(),
        "devices": _devices(),
        "date": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC",
    }


def log_facts(log: SessionLog) -> dict[str, Any]:
    """Returns a log's sessions, events, items, pairs (events with a predecessor) and a digest."""
    arrays = (log.item_codes, log.timestamps, log.offsets, log.session_ids, log.item_ids)
    return {
        "sessions": log.num_sessions,
        "events": log.num_events,
        "items": log.num_items,
        "pairs": log.num_events - log.num_sessions,
        "sha256": _digest(*arrays),
    }


def features_digest(features: ItemFeatures) -> str:
    """Returns a digest of a feature table."""
    return _digest(*features.parts())


def recipe_data(recipe: Recipe) -> dict[str, Any]:
    """Returns a recipe as JSON holds it."""
    return json.loads(json.dumps(dataclasses.asdict(recipe)))


def trained_data(recipe: Recipe) -> dict[str, Any]:
    """Returns the part of `recipe_data` that training depends on."""
    kept = {key: value for key, value in recipe_data(recipe).items() if key not in _WORDS}
    for name, other in (("start", recipe.start), ("teacher", recipe.teacher)):
        kept[name] = other and trained_data(other)
    return kept


def _digest(*arrays: np.ndarray) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        is_text = array.dtype == object
        data: Any = "\0".join(array.tolist()).encode() if is_text else np.ascontiguousarray(array)
        digest.update(f"{array.dtype} {array.shape} ".encode())
        digest.update(data)
    return digest.hexdigest()


def _commit(file: pathlib.Path) -> str | None:
    """The commit of the checkout that a file is tracked in, if it is."""
    if _git(file.parent, "ls-files", "--error-unmatch", file.name) is None:
        return None
    commit = _git(file.parent, "rev-parse", "HEAD")
    changes = _git(file.parent, "status", "--porcelain", "--untracked-files=no")
    return f"{commit} and changes" if changes else commit


def _git(folder: pathlib.Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):  # there is no git
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _processor() -> str:
    info = pathlib.Path("/proc/cpuinfo")
    for line in info.read_text().splitlines() if info.exists() else ():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _devices() -> str:
    names = [
        tf.config.experimental.get_device_details(device).get("device_name", device.device_type)
        for device in tf.config.list_physical_devices()
    ]
    return ", ".join(dict.fromkeys(names))
