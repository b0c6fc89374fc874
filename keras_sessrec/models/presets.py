"""Trained models by name."""

from __future__ import annotations

import os
import pathlib

import keras

from keras_sessrec.models.model_files import load_model_file

FILE = "model.keras"
_FOLDER = "saved_models"


def preset_folders() -> list[pathlib.Path]:
    """Returns the folders in which names are looked up, in this order.

    `saved_models` in the working directory; then, where the package is used out of a checkout,
    the one that lies beside it.

    Returns:
        list of absolute paths, without doubles; a folder need not exist.
    """
    beside = pathlib.Path(__file__).resolve().parents[2] / _FOLDER
    return list(dict.fromkeys([pathlib.Path(_FOLDER).absolute(), beside]))


def find_preset(preset: str | os.PathLike) -> pathlib.Path:
    """Finds the file of a trained model.

    Args:
        preset: str or path: a name in one of `preset_folders`, a folder that holds
            `model.keras`, or a `.keras` file. A path goes before a name.

    Returns:
        Path of the `.keras` file.

    Raises:
        FileNotFoundError: There is no such model.

    Example:

    >>> model = ksr.models.GRU4Rec(ksr.Catalog(["tea", "cup"]), units=[4], seed=1)
    >>> pathlib.Path("saved_models/small").mkdir(parents=True)
    >>> model.save("saved_models/small/model.keras")
    >>> find_preset("small").relative_to(pathlib.Path().absolute()).as_posix()
    'saved_models/small/model.keras'
    """
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
        f"Save a model as `{_FOLDER}/<name>/{FILE}` to give it a name."
    )


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
