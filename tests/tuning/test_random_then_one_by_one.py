"""The search on keras-tuner: order, interruption, failures, several workers."""

import keras_tuner
import pytest

from keras_sessrec.tuning.random_then_one_by_one import RandomThenOneByOne
from keras_sessrec.tuning.search_plan import search_plan

SPACE = {"a": [0.0, 0.1, 0.2, 0.3], "b": ["x", "y", "z"], "c": [1, 2]}
GOAL = keras_tuner.Objective("score", "max")
BEST = {"a": 0.2, "b": "z", "c": 1}


def score(values):
    places = {
        name: SPACE[name].index(values[name]) - SPACE[name].index(BEST[name]) for name in BEST
    }
    return -float(sum(place**2 for place in places.values()))


class Tuner(keras_tuner.Tuner):
    """Notes what it is asked, and gives up at the wanted trial."""

    def __init__(self, folder, stop_at=None, fails=lambda values: False):
        self.visited, self.stop_at, self.fails = [], stop_at, fails
        oracle = RandomThenOneByOne(GOAL, SPACE, random_trials=3, seed=4)
        oracle.verbose = 0
        super().__init__(oracle, directory=folder, project_name="search")

    def run_trial(self, trial):
        values = trial.hyperparameters.values
        if len(self.visited) == self.stop_at:
            raise KeyboardInterrupt
        self.visited.append(values)
        if self.fails(values):
            raise keras_tuner.errors.FailedTrialError("as wanted")
        return {"score": score(values)}


def planned():
    """Points in their order, none twice."""
    plan, points = search_plan(SPACE, 3, 4), []
    found = next(plan)
    while True:
        points += [point for point in found if point not in points]
        try:
            found = plan.send([score(point) for point in found])
        except StopIteration:
            return points


def test_points_are_visited_as_planned_and_none_twice(tmp_path):
    tuner = Tuner(tmp_path)
    tuner.search()
    assert tuner.visited == planned()
    (best,) = tuner.get_best_hyperparameters(1)
    assert best.values == BEST


@pytest.mark.parametrize("stop_at", [1, 3, 5])
def test_an_interrupted_search_goes_on_where_it_was(tmp_path, stop_at):
    first = Tuner(tmp_path, stop_at=stop_at)
    with pytest.raises(KeyboardInterrupt):
        first.search()
    second = Tuner(tmp_path)
    second.search()
    assert first.visited + second.visited == planned()
    third = Tuner(tmp_path)
    third.search()
    assert third.visited == []


def test_a_failed_trial_is_the_worst_and_not_repeated(tmp_path):
    tuner = Tuner(tmp_path, fails=lambda values: values["b"] == "z" and values["a"] == 0.2)
    tuner.search()
    keys = [tuple(values.values()) for values in tuner.visited]
    assert len(keys) == len(set(keys))
    (best,) = tuner.get_best_hyperparameters(1)
    assert not (best.values["b"] == "z" and best.values["a"] == 0.2)


def test_a_second_worker_waits_where_the_next_point_depends_on_the_first(tmp_path):
    oracle = RandomThenOneByOne(GOAL, SPACE, random_trials=2, seed=4)
    oracle.verbose = 0
    oracle._set_project_dir(tmp_path, "search")
    one, two = oracle.create_trial("one"), oracle.create_trial("two")
    assert one.status == two.status == "RUNNING"
    assert oracle.create_trial("three").status == "IDLE"
    for trial in (one, two):
        oracle.update_trial(trial.trial_id, {"score": score(trial.hyperparameters.values)})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    third = oracle.create_trial("three")
    assert third.status == "RUNNING"
    best = max((one, two), key=lambda trial: score(trial.hyperparameters.values))
    changed = {
        name
        for name, value in third.hyperparameters.values.items()
        if value != best.hyperparameters.values[name]
    }
    assert changed == {"a"}
