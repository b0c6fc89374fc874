"""From a trained model to a folder that TensorFlow Serving serves."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
import warnings
from typing import Any

import keras
import tensorflow as tf

from keras_sessrec.batches.dataset import check_counts
from keras_sessrec.evaluation.result import EvaluationResult
from keras_sessrec.models import SessionRecommender
from keras_sessrec.ops.identifiers import shown
from keras_sessrec.ops.progress import progress_bar
from keras_sessrec.serving.check_export import check_export
from keras_sessrec.serving.model_card import metrics_with_intervals, write_model_card
from keras_sessrec.serving.pruned_search import PrunedSearch
from keras_sessrec.serving.recommend_module import RecommendModule
from keras_sessrec.serving.server_files import write_server_files
from keras_sessrec.serving.version_folder import choose_version, new_version_folder
from keras_sessrec.serving.warm_up import write_warm_up


def export(
    model: SessionRecommender,
    path: str | os.PathLike,
    k: int = 20,
    version: int | None = None,
    max_length: int = 200,
    data: str = "",
    evaluation: EvaluationResult | None = None,
    score_dtype: str = "float32",
    search: PrunedSearch | None = None,
    verbose: int | str = "auto",
) -> pathlib.Path:
    """Writes a model as TensorFlow Serving expects it: raw ids in, raw ids and scores out.

    `path/<version>/` holds a SavedModel with the item ids in `assets/items.txt`; it can be
    moved, and read without this package or Keras. Its graph has standard operations only, so
    a CPU serves what a GPU trained. It is written beside, loaded again and compared with
    `model.recommend`, and renamed at the end, so a server that polls `path` never sees half a
    model. Beside it `models.config`, `batching_parameters.txt` and `monitoring.config` are
    written once, and `assets.extra` has warm-up requests (with the extra `serving`), a
    model card, and the configuration.

    Signatures, all with one row per session; ids are strings, or int64 where the catalog's are
    integers; `""` or -1 is padding and may stand anywhere:

    - `serving_default(session, exclude)` -> `item_ids`, `scores` `[rows, k]`, as
      `model.recommend(k=k, max_length=max_length)`, and `known`; `recommend_unseen` is the same
      with `exclude_seen=True`.
    - `score(session, candidates)` -> `scores`, one for each candidate, and `known`.
    - `encode(session)` -> `embedding`, the hidden vector, and `state` for `step`.
    - `step(item, state, exclude)` -> `state`, `item_ids`, `scores`: one more click, the rest of
      the session being in the state; zeros begin a session.

    Unknown ids are skipped; `known` is how many of a session's clicks are not. Where it is 0 the
    answer is the most popular items, and their scores are their numbers of training events. Places
    that cannot be filled hold padding with score -1e9.

    Args:
        model: `SessionRecommender`, e.g. `GRU4Rec`.
        path: Folder of the model, `saved_models/<name>`; the last part is the name by which it
            is served.
        k: int, items per answer; clients may use fewer. A catalog of fewer items answers all of
            them. Defaults to 20.
        version: int, or `None` (default): the time in UTC as YYYYMMDDHHMM, or one more than the
            highest version there is.
        max_length: int, how many of a session's last known clicks are read, as in
            `model.recommend`, which bounds the time an answer takes; `step` goes on from
            whatever its state has read. Defaults to 200.
        data: str, what it was trained and tested on, in words for the model card.
        evaluation: `EvaluationResult` for the model card, or `None`.
        score_dtype: `"float32"` (default), `"float16"` or `"int8"`: numbers of the table that
            items are scored with. The smaller ones take a half or a quarter of the memory, and
            nearly equal scores may change places (`benchmarks/score_dtype.py` measures it).
        search: `PrunedSearch` to look at the best part of a large catalog only, in standard
            operations too, or `None` (default): every item is scored. Vectors then take 12 bits a
            number, and `score_dtype` must be left as it is.
        verbose: As in Keras: `"auto"` (default) or 1 for a progress bar once it has taken two
            seconds, 0 for silence, 2 for one line at the end.

    Returns:
        Path of the version's folder.

    Raises:
        TypeError: `model`, `path`, `data`, `evaluation` or `search` is of another kind.
        ValueError: A number is out of range, an id cannot be served, or the model holds NaN.
        NotADirectoryError: `path` is a file.
        FileExistsError: The version exists.
        OSError: It cannot be written, say because the disk is full; nothing of it is left.
        RuntimeError: The loaded export does not answer as the model does.

    Warns:
        UserWarning: The model was never trained.

    Example:

    >>> catalog = ksr.Catalog(["tea", "cup", "pot"], counts=[5, 3, 1])
    >>> model = ksr.models.GRU4Rec(catalog, units=[4], seed=1)
    >>> folder = export(model, "saved_models/shop", k=2, version=1)
    >>> folder.as_posix(), sorted(entry.name for entry in folder.parent.iterdir())
    ('saved_models/shop/1', ['1', 'batching_parameters.txt', 'models.config', 'monitoring.config'])
    """
    for name, value, kind, expected in (
        ("model", model, SessionRecommender, "a `SessionRecommender`, such as a `GRU4Rec`"),
        ("path", path, str | os.PathLike, "a str or path such as 'saved_models/shop'"),
        ("data", data, str, "a str, words for the model card"),
        ("evaluation", evaluation, EvaluationResult | None, "what `ksr.evaluate` returns"),
        ("search", search, PrunedSearch | None, "a `ksr.serving.PrunedSearch`, or `None`"),
    ):
        if not isinstance(value, kind):
            got = f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__
            raise TypeError(f"`{name}` must be {expected}. Received: {got}.")
    check_counts(k=k, max_length=max_length)
    if search is not None and score_dtype != "float32":
        raise ValueError(
            "`score_dtype` goes with the search of everything; a `PrunedSearch` holds vectors in "
            f"12 bits a number. Received: score_dtype={shown(score_dtype)} and a `search`. "
            "Leave one out."
        )
    path = pathlib.Path(path)
    version = choose_version(path, version)
    if not model.is_trained:
        warnings.warn(
            f"`model`, a `{type(model).__name__}`, was never trained: the export answers by random "
            "weights. Call `fit`, or load weights.",
            stacklevel=2,
        )
    with (
        progress_bar(f"Exporting {path}", 3, verbose=verbose) as bar,
        new_version_folder(path, version) as folder,
        tempfile.TemporaryDirectory() as scratch,
    ):
        module = RecommendModule(model, int(k), int(max_length), scratch, score_dtype, search)
        bar.update(1)
        tf.saved_model.save(module, str(folder), signatures=dict(module.signatures))
        bar.update(1)
        extra = folder / "assets.extra"
        extra.mkdir()
        write_warm_up(extra, path.resolve().name, module, model.catalog.item_ids)
        card = write_model_card(path.resolve().name, version, model, module, data, evaluation)
        (extra / "model_card.md").write_text(card, encoding="utf-8")
        _write_json(extra / "training_config.json", _training_config(model))
        if evaluation is not None:
            _write_json(extra / "metrics.json", metrics_with_intervals(evaluation))
        check_export(folder, model, module)
        bar.update(1)
        write_server_files(path.resolve(), model.catalog.num_items, module.vocabulary.padding)
    return path / str(version)


def _training_config(model: SessionRecommender) -> dict[str, Any]:
    """How the model was made and compiled, without its catalog."""
    config = {key: value for key, value in model.get_config().items() if key != "catalog"}
    return {
        "class_name": type(model).__name__,
        "config": config,
        "compile_config": model.get_compile_config(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
    }


def _write_json(path: pathlib.Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
