"""Trained models on the Hugging Face Hub and on Kaggle, by their addresses."""

from __future__ import annotations

import importlib
import json
import os
import pathlib
import re
import shutil
import tempfile
from types import ModuleType
from typing import Any

from keras_sessrec.ops.identifiers import shown

MODEL, FACTS, CARD = "model.keras", "preset.json", "README.md"  # the files of a preset

_ADDRESSES = {
    "hf": ("huggingface_hub", re.compile(r"hf://[^/]+/[^/]+")),
    "kaggle": ("kagglehub", re.compile(r"kaggle://[^/]+/[^/]+/[^/]+/[^/]+(/\d+)?")),
}
_CARD = """\
---
library_name: keras
tags:
- recommendation
- session-based-recommendation
---

# {name}

`{kind}` of keras_sessrec: session-based recommendation on Keras. {items}

```python
import keras_sessrec as ksr

model = ksr.models.{kind}.from_preset("{uri}")
model.recommend([["an item id", "another one"]], k=20)
```
"""


def is_address(preset: Any) -> bool:
    """Whether a preset is named by an address on a hub."""
    return isinstance(preset, str) and preset.startswith(tuple(f"{kind}://" for kind in _ADDRESSES))


def download(uri: str) -> pathlib.Path:
    """Downloads a model's file, or finds it where it was downloaded before.

    Args:
        uri: str, `"hf://<user>/<model>"` or `"kaggle://<user>/<model>/<framework>/<variation>"`,
            on Kaggle with `/<version>` where it is not to be the newest.

    Returns:
        Path of the `.keras` file.

    Raises:
        ImportError: The hub's package is not installed.
        FileNotFoundError: There is no such model, or one may not see it.
        ValueError: It is no such address.
    """
    kind, place, hub = _opened(uri)
    ask = _from_hugging_face if kind == "hf" else _from_kaggle
    if (path := ask(hub, place)) is None:
        raise FileNotFoundError(
            f"`preset` must be the address of a model with a `{MODEL}`. Received: {uri!r}, where "
            "there is none, or a private one that this machine has no token for. "
            "`ksr.models.upload_preset` puts one there."
        )
    return pathlib.Path(path)


def upload_preset(uri: str, preset: str | os.PathLike) -> None:
    """Uploads a trained model, so that `from_preset(uri)` loads it anywhere.

    Of the folder `model.keras`, `preset.json` and `README.md` are uploaded, nothing else. Where the
    hub has no `README.md` and the folder neither, one is made that says how to load the model. The
    model is made if it is not there, on Kaggle as a private one, else this is its next version.
    Needs the extra `hub` and a token, as `huggingface_hub.login` and `kagglehub.login` store it.

    Args:
        uri: str, `"hf://<user>/<model>"` or `"kaggle://<user>/<model>/<framework>/<variation>"`,
            where the framework is `keras`.
        preset: str or path, folder that `model.save_to_preset` has written.

    Raises:
        ImportError: The hub's package is not installed.
        FileNotFoundError: The folder holds no `model.keras`.
        ValueError: `uri` is no such address.

    Example:

    >>> model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"]), units=[4], seed=1)
    >>> model.save_to_preset("tea_shop")
    >>> ksr.models.upload_preset("hf://me/tea_shop", "tea_shop")  # doctest: +SKIP
    """
    folder = pathlib.Path(preset)
    if not (folder / MODEL).is_file():
        raise FileNotFoundError(
            f"`preset` must be a folder with a `{MODEL}`, as `model.save_to_preset(folder)` writes "
            f"it. Received: {os.fspath(preset)!r}."
        )
    kind, place, hub = _opened(uri)
    files = [folder / name for name in (MODEL, FACTS, CARD) if (folder / name).is_file()]
    if kind == "hf":
        api = hub.HfApi()
        api.create_repo(place, exist_ok=True)
        parts = [hub.CommitOperationAdd(file.name, file) for file in files]
        if folder / CARD not in files and not api.file_exists(place, CARD):
            parts.append(hub.CommitOperationAdd(CARD, _card(uri, folder).encode()))
        api.create_commit(place, parts, commit_message="Upload a keras_sessrec preset")
        return
    with tempfile.TemporaryDirectory() as scratch:
        for file in files:
            shutil.copy(file, scratch)
        if folder / CARD not in files:
            (pathlib.Path(scratch) / CARD).write_text(_card(uri, folder), encoding="utf-8")
        hub.model_upload(place, scratch)


def _opened(uri: str) -> tuple[str, str, ModuleType]:
    """Which hub an address is on, the place there, and the hub's package."""
    kind = uri.partition("://")[0]
    if kind not in _ADDRESSES or not _ADDRESSES[kind][1].fullmatch(uri):
        raise ValueError(
            "`uri` must be 'hf://<user>/<model>' or "
            f"'kaggle://<user>/<model>/<framework>/<variation>'. Received: {shown(uri)}."
        )
    package = _ADDRESSES[kind][0]
    try:
        return kind, uri.partition("://")[2], importlib.import_module(package)
    except ImportError as error:
        raise ImportError(
            f"Models on {kind}:// need {package}. "
            'Install it with `pip install "keras_sessrec[hub]"`.'
        ) from error


def _from_hugging_face(hub: ModuleType, place: str) -> str | None:
    """Path of a model's file, `None` where there is no such thing."""
    errors = importlib.import_module(f"{hub.__name__}.errors")
    try:
        return hub.hf_hub_download(place, MODEL)
    except errors.LocalEntryNotFoundError:  # the hub was not reached; says why
        raise
    except (errors.RepositoryNotFoundError, errors.EntryNotFoundError):
        return None


def _from_kaggle(hub: ModuleType, place: str) -> str | None:
    """As `_from_hugging_face`."""
    errors = importlib.import_module(f"{hub.__name__}.exceptions")
    try:
        return hub.model_download(place, MODEL)
    except errors.KaggleApiHTTPError as error:
        if getattr(error.response, "status_code", None) not in (403, 404):
            raise
        return None


def _card(uri: str, folder: pathlib.Path) -> str:
    """A README for a model that comes without one."""
    facts = json.loads((folder / FACTS).read_text("utf-8")) if (folder / FACTS).is_file() else {}
    items = facts.get("items")
    return _CARD.format(
        name=uri.rpartition("/")[2] if uri.startswith("hf") else uri.split("/")[3],
        kind=facts.get("class", "SessionRecommender"),
        items=f"It knows {items:,} items." if items else "",
        uri=uri,
    )
