"""`keras-sessrec extend`: new items join an export, by their titles."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import pandas as pd

import keras_sessrec as ksr
from keras_sessrec_cli import report

K = 20
FEATURES = "titles of items"  # no name that the model's own features have
READERS = {".csv": ",", ".tsv": "\t"}


def extend(args: argparse.Namespace) -> None:
    """Runs the command.

    Args:
        args: Of `command`: `model`, `items`, `id`, `title`, `share`.

    Raises:
        ValueError: The file cannot be used: says why.
    """
    begin = time.perf_counter()
    folder = Path(args.model)
    model = ksr.models.SessionRecommender.from_preset(folder)
    titles = read_titles(Path(args.items), args.id, args.title)
    ids = list(titles)
    known = model.catalog.encode(ids) > 0
    if known.sum() < 2 or known.all():
        raise ValueError(
            "`ITEMS` must have titles of the items that the model was trained on, which say what "
            f"titles mean, and of new ones. Received: {args.items} "
            f"with {known.sum():,} trained and {(~known).sum():,} new items."
        )
    catalog = model.catalog.with_items([i for i, old in zip(ids, known, strict=True) if not old])
    words = ksr.features.TextVectorizer().fit(catalog, titles)
    if model.catalog.features:
        print(
            f"The model reads {', '.join(model.catalog.features)} of items: nothing of it is known "
            "of the new ones. `model.extended` in Python takes a catalog that has it."
        )
    extended = model.extended(catalog.with_features(FEATURES, words), FEATURES, share=args.share)
    exports = folder if any(folder.glob("*/saved_model.pb")) else folder / "export"
    new = catalog.num_items - model.catalog.num_items
    version = ksr.serving.export(
        extended,
        exports,
        k=K,
        data=f"{new:,} of the items have no clicks: their rows are predicted from titles.",
    )
    print(f"{new:,} new items beside {model.catalog.num_items:,} trained ones")
    print(f"Export: {version}, after {time.perf_counter() - begin:.0f} seconds")
    print(f"Try it: {report.as_called()} serve {folder} --items {args.items}")


def read_titles(path: Path, id_column: str, title_column: str) -> dict[str, str]:
    """Reads titles by raw id; what is empty is no title.

    Args:
        path: Path of a file whose name ends in .csv, .tsv or .parquet.
        id_column: str, name of the column of ids.
        title_column: str, name of the column of titles.

    Returns:
        dict from str to str, in the file's order; of an id that comes twice the last title.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: It has other columns, or cannot be read.
    """
    if path.suffix.lower() not in (*READERS, ".parquet"):
        raise ValueError(f"`ITEMS` must end in .csv, .tsv or .parquet. Received: {path}.")
    try:
        if path.suffix.lower() == ".parquet":
            frame = pd.read_parquet(path)
        else:
            options = {"dtype": str, "keep_default_na": False, "encoding": "utf-8-sig"}
            frame = pd.read_csv(path, sep=READERS[path.suffix.lower()], **options)
    except (UnicodeError, ValueError) as error:
        raise ValueError(f"`ITEMS` cannot be read. Received: {path}: {error}") from error
    for option, name in (("--id", id_column), ("--title", title_column)):
        if name not in frame.columns:
            raise ValueError(
                f"`{option}` must name a column of {path}. Received: {name!r}; there are "
                f"{', '.join(map(str, frame.columns))}."
            )
    frame = frame[[id_column, title_column]].dropna().astype(str)
    frame = frame[frame[id_column] != ""]
    return dict(zip(frame[id_column], frame[title_column], strict=True))
