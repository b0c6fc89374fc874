"""The search of the ICLR paper, for keras-tuner (which is imported here)."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np

from keras_sessrec.ops.whole_files import whole_file

Point = dict[str, Any]
Space = Mapping[str, Sequence[Any]]
_STATUS = keras_tuner.engine.trial.TrialStatus


def search_plan(
    space: Space, random_trials: int, seed: int
) -> Generator[list[Point], Sequence[float], None]:
    """Random points, then the best one's arguments one at a time.

    Hidasi et al. (ICLR 2016, section 4.2): 100 randomly selected points of the parameter space,
    then each parameter of the best one is optimized on its own. Here that is: all other values
    of the first argument are tried, the best of them is kept, then those of the second one, and
    so on, once each. So the optimum of a sum of functions of one argument each is found.

    The plan depends on its arguments and the scores only: whoever stores scores can repeat it.

    Yields:
        List of points that can be tried side by side; points may come again in a later list.

    Receives:
        Sequence of float by `send`, the points' scores: the higher the better, equal ones won
        by the earlier.

    Example:

    >>> plan = search_plan({"rate": [1, 2, 3], "units": [10, 20]}, random_trials=1, seed=0)
    >>> next(plan)
    [{'rate': 3, 'units': 20}]
    >>> plan.send([0.5])
    [{'rate': 3, 'units': 20}, {'rate': 1, 'units': 20}, {'rate': 2, 'units': 20}]
    >>> plan.send([0.5, 0.1, 0.7])
    [{'rate': 2, 'units': 20}, {'rate': 2, 'units': 10}]
    """
    points = _random_points(space, random_trials, seed)
    best = points[int(np.argmax((yield points)))]
    for name, values in space.items():
        points = [best, *({**best, name: value} for value in values if value != best[name])]
        best = points[int(np.argmax((yield points)))]


def _random_points(space: Space, number: int, seed: int) -> list[Point]:
    """Different points, each equally likely."""
    rng = np.random.default_rng(seed)
    number = min(number, math.prod(map(len, space.values())))
    drawn: dict[tuple, Point] = {}
    while len(drawn) < number:
        point = {name: values[rng.integers(len(values))] for name, values in space.items()}
        drawn.setdefault(tuple(point.values()), point)
    return list(drawn.values())


class RandomThenOneByOne(keras_tuner.Oracle):
    """Tries random points, then the best one's arguments one at a time; see `search_plan`.

    It keeps no state beside keras-tuner's trials, a file each: what comes next follows from their
    scores. So a search that was killed goes on where it was, with the trial that was running. A
    failed trial counts as the worst.
    """

    def __init__(
        self, objective: keras_tuner.Objective, space: Space, random_trials: int, seed: int
    ) -> None:
        parameters = keras_tuner.HyperParameters()
        for name, values in space.items():
            parameters.Choice(name, list(values))
        super().__init__(objective=objective, hyperparameters=parameters, seed=seed)
        self._plan = (space, random_trials, seed)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Chooses the next point, as keras-tuner asks for it.

        The status is "IDLE" while it depends on trials that other workers have not finished.
        """
        scores = {
            _key(trial.hyperparameters.values): self._score(trial) for trial in self.trials.values()
        }
        plan = search_plan(*self._plan)
        try:
            points = next(plan)
            while True:
                for point in points:
                    if _key(point) not in scores:
                        return {"status": _STATUS.RUNNING, "values": point}
                found = [scores[_key(point)] for point in points]
                if None in found:
                    return {"status": _STATUS.IDLE}
                points = plan.send(found)
        except StopIteration:
            return {"status": _STATUS.STOPPED}

    def save(self) -> None:
        """Writes nothing: a file beside those of the trials could contradict them."""

    def reload(self) -> None:
        """Reads the trials; those that have not ended are run again."""
        for path in Path(self._project_dir).glob("trial_*/trial.json"):
            trial = keras_tuner.engine.trial.Trial.load(path)
            self.trials[trial.trial_id] = trial
        self.start_order = sorted(self.trials, key=int)
        ended = [i for i, t in self.trials.items() if t.status != _STATUS.RUNNING]
        self.end_order = [i for i in self.start_order if i in ended]
        self._retry_queue = [i for i in reversed(self.start_order) if i not in ended]

    def _save_trial(self, trial: Any) -> None:
        with whole_file(Path(self._get_trial_dir(trial.trial_id), "trial.json")) as beside:
            beside.write_text(json.dumps(trial.get_state()))

    @staticmethod
    def _score(trial: Any) -> float | None:
        """The score of a trial, `None` if it is not finished."""
        if trial.status == _STATUS.COMPLETED:
            return trial.score
        return -math.inf if trial.status == _STATUS.FAILED else None


def _key(values: dict[str, Any]) -> tuple:
    return tuple(sorted(values.items()))
