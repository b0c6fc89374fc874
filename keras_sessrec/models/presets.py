"""Trained models by name."""

from __future__ import annotations

import json
import os
import pathlib

import keras
import tensorflow as tf

from keras_sessrec.models import hubs
from keras_sessrec.models.model_files import load_model_file
from keras_sessrec.ops.whole_files import whole_file

FILE = hubs.MODEL
_FOLDER = "saved_models"


def preset_folders() -> list[pathlib.Path]:
    """Returns the folders in which names are looked up, in this order.

    `saved_models` in the working directory; then the one that comes with the package: in a
    checkout it lies beside it, in an installation within.

    Returns:
        list of absolute paths, without doubles; a folder need not exist.
    """
    package = pathlib.Path(__file__).resolve().parents[1]
    own = package.parent if (package.parent / _FOLDER).is_dir() else package
    return list(dict.fromkeys([pathlib.Path(_FOLDER).absolute(), own / _FOLDER]))


def find_preset(preset: str | os.PathLike) -> pathlib.Path:
    """Finds the file of a trained model.

    Args:
        preset: str or path: a name in one of `preset_folders`, a folder that holds
            `model.keras`, a `.keras` file, or an address on a hub (`hubs.download`), from where it
            is downloaded once. A path goes before a name.

    Returns:
        Path of the `.keras` file.

    Raises:
        FileNotFoundError: There is no such model.
        ImportError: It is on a hub, whose package is not installed.

    Example:

    >>> model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"]), units=[4], seed=1)
    >>> pathlib.Path("saved_models/small").mkdir(parents=True)
    >>> model.save("saved_models/small/model.keras")
    >>> find_preset("small").relative_to(pathlib.Path().absolute()).as_posix()
    'saved_models/small/model.keras'
    """
    if hubs.is_address(preset):
        return hubs.download(str(preset))
    folders = preset_folders()
    path = pathlib.Path(preset)
    is_name = len(path.parts) == 1
    for candidate in [path, *(folder / path for folder in folders if is_name)]:
        if candidate.suffix == ".keras" and candidate.is_file():
            return candidate
        if (candidate / FILE).is_file():
            return candidate / FILE
    names = sorted({file.parent.name for folder in folders for file in folder.glob(f"*/{FILE}")})
    raise FileNotFoundError(
        f"`preset` must be the name of a model, a folder that holds `{FILE}`, or a `.keras` "
        f"file. Received: {os.fspath(preset)!r}. Names are looked up in "
        f"{' and '.join(map(str, folders))}; found there: {', '.join(names) or 'none'}. "
        f"`model.save_to_preset('{_FOLDER}/<name>')` gives a model a name."
    )


def save_preset(model: keras.Model, folder: str | os.PathLike) -> None:
    """Writes a model and what it is; see `SessionRecommender.save_to_preset`."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / FILE)
    facts = {
        "class": type(model).__name__,
        "items": model.catalog.num_items,
        "made_with": {part.__name__: part.__version__ for part in (keras, tf)},
    }
    with whole_file(folder / hubs.FACTS) as beside:
        beside.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def load_preset(preset: str | os.PathLike, kind: type) -> keras.Model:
    """Loads a trained model, its optimizer's state included.

    Args:
        preset: As in `find_preset`.
        kind: Class that the model must be of, or of a child of it.

    Returns:
        Compiled model, if it was compiled when it was saved.

    Raises:
        FileNotFoundError: There is no such model.
        ValueError: It is of another class, damaged, or asks for more weights than it holds.
    """
    model = load_model_file(find_preset(preset))
    if not isinstance(model, kind):
        raise ValueError(
            f"`preset` must be a `{kind.__name__}`. Received: {os.fspath(preset)!r}, whose class "
            f"is `{type(model).__name__}`. `ksr.models.SessionRecommender.from_preset` loads "
            "every model of this package."
        )
    return model
