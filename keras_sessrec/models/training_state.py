"""All that the next step of a training depends on, but for its data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_sessrec.batches.dataset import digest

# Names are made up anew in every process. What is seeded is in the state.
_OF_THE_PROCESS = ("name", "seed", "catalog")
# The same numbers come out however many steps run at once.
_FREE_TO_CHANGE = ("steps_per_execution", "jit_compile", "run_eagerly")


def training_setup(model: Any) -> dict[str, Any]:
    """Describes what a training must have in common with the one that it goes on with.

    Args:
        model: Compiled `SessionRecommender`.

    Returns:
        dict that JSON can hold: the configurations of model and training, and the catalog with its
        counts, which samplers draw by, and features.
    """
    compiled = {k: v for k, v in model.get_compile_config().items() if k not in _FREE_TO_CHANGE}
    setup = {"model": model.get_config(), "compile": compiled}
    plain = json.loads(json.dumps(_without_names(setup), default=str))
    catalog = model.catalog
    features = {name: digest(*table.parts()) for name, table in catalog.features.items()}
    return {
        "class": type(model).__name__,
        "catalog": catalog.fingerprint,
        "counts of the catalog": digest(catalog.counts),
        "features": features,
        **plain,
    }


def training_state(model: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Reads weights, optimizer, random states, running metrics and carried states.

    Args:
        model: Compiled `SessionRecommender`.

    Returns:
        Pair of facts that JSON can hold, and arrays by name.
    """
    arrays = {f"variable_{i}": np.asarray(v) for i, v in enumerate(_variables(model))}
    for name, states in model.carried_states().items():
        arrays |= {f"carried_{name}_{i}": state for i, state in enumerate(states)}
    facts = {
        "carried": {name: len(states) for name, states in model.carried_states().items()},
        "scored": [name for name in model.subnet_names if name in model._scored],
        "epochs_done": model._epochs_done,
    }
    return facts, arrays


def set_training_state(
    model: Any, facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> None:
    """Sets what `training_state` has read, of a model of the same setup.

    Raises:
        ValueError: The arrays are not those of such a model; then nothing has changed.
    """
    variables = _variables(model)
    found = {name: a.shape for name, a in arrays.items() if name.startswith("variable_")}
    wanted = {f"variable_{i}": tuple(v.shape) for i, v in enumerate(variables)}
    if found != wanted:
        raise ValueError(
            "`arrays` must hold the variables of the model, optimizer and metrics: "
            f"{len(wanted)}. Received: {len(found)}, or ones of other shapes."
        )
    for i, variable in enumerate(variables):
        variable.assign(arrays[f"variable_{i}"])
    model.set_carried_states(
        {
            name: [arrays[f"carried_{name}_{i}"] for i in range(count)]
            for name, count in facts["carried"].items()
        }
    )
    model.is_trained = True
    model._scored, model._epochs_done = set(facts["scored"]), facts["epochs_done"]


def metric_values(model: Any) -> list[tuple[keras.Variable, np.ndarray]]:
    """Returns the variables of the running metrics with their values."""
    return [(v, np.asarray(v)) for metric in model.metrics for v in metric.variables]


def difference(here: Any, there: Any, where: str = "") -> str:
    """Finds the first entry in which two nested values differ, in words; "" if none does."""
    if isinstance(here, dict) and isinstance(there, dict):
        for key in {**there, **here}:
            if found := difference(here.get(key), there.get(key), f"{where}.{key}".lstrip(".")):
                return found
        return ""
    return "" if here == there else f"{where} was {_short(there)} and is {_short(here)}"


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 100 else f"{text[:100]}..."


def _variables(model: Any) -> list[keras.Variable]:
    metrics = [v for metric in model.metrics for v in metric.variables]
    every = [*model.variables, *model.optimizer.variables, *metrics]
    return list({id(v): v for v in every}.values())


def _without_names(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k not in _OF_THE_PROCESS}
        return {str(key): _without_names(part) for key, part in kept.items()}
    return [_without_names(part) for part in value] if isinstance(value, (list, tuple)) else value
