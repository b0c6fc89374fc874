"""What a run was made with and on."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import pathlib
import platform
import subprocess
from typing import Any

import tensorflow as tf

_PACKAGES = ("keras_sessrec", "tensorflow", "keras", "numpy", "pandas")


def environment() -> dict[str, Any]:
    """Describes this process' software and machine, and the moment.

    Returns:
        dict of str: versions, `"git commit"` of the package's checkout if it is one (with "and
        changes" where files differ from it), `"system"`, `"processor"`, `"cores"` that the process
        may use, `"devices"`, `"date"` in UTC.

    Example:

    >>> environment()["python"].count(".")
    2
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
