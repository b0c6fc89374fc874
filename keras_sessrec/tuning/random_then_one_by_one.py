"""The search of the ICLR paper, for keras-tuner (which is imported here)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import keras_tuner

from keras_sessrec.ops.whole_files import whole_file
from keras_sessrec.tuning.search_plan import Space, search_plan

_STATUS = keras_tuner.engine.trial.TrialStatus


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
                found = [s for s in (scores[_key(point)] for point in points) if s is not None]
                if len(found) < len(points):
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
