"""Equal graphs are one XLA program, different ones are not, and each has its own variables."""

import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.training import shared_programs
from keras_sessrec.training.shared_programs import shared_program


@pytest.fixture(autouse=True)
def programs(monkeypatch):
    """The programs of this test alone."""
    own = {}
    monkeypatch.setattr(shared_programs, "_programs", own)
    return own


class Counter:
    """A step with what training steps have: a loop, a branch, variables read and written."""

    def __init__(self, start, name="counter"):
        self.name, self.traces = name, 0
        self.total = tf.Variable(start)
        self.steps = tf.Variable(0, dtype=tf.int64)

    def step(self, data):
        self.traces += 1

        def body(left):
            with tf.name_scope(self.name):
                self.total.assign(0.5 * self.total + data["x"][left - 1])
                self.steps.assign_add(1)
                return left - 1

        tf.while_loop(lambda left: left > 0, body, [tf.size(data["x"])])
        big = tf.cond(self.total > 10.0, lambda: tf.constant(1), lambda: tf.constant(0))
        return {"total": self.total.read_value(), "big": big}


def expected(start, values):
    for value in values[::-1]:
        start = 0.5 * start + value
    return start


def test_equal_functions_share_a_program_and_no_variable(programs):
    counters = [Counter(start, f"layer_{start}") for start in (0.0, 8.0, 100.0)]
    runs = [shared_program(counter.step) for counter in counters]
    values = [np.float32([1, 2, 3]), np.float32([-4, 0, 7])]
    totals = [0.0, 8.0, 100.0]
    for data in values:
        for place, run in enumerate(runs):
            totals[place] = expected(totals[place], data)
            found = run({"x": tf.constant(data)})
            assert float(found["total"]) == pytest.approx(totals[place])
            assert int(found["big"]) == (totals[place] > 10)
    assert len(programs) == 1
    assert [int(counter.steps) for counter in counters] == [6, 6, 6]
    assert [float(counter.total) for counter in counters] == pytest.approx(totals)
    assert len({counter.traces for counter in counters}) == 1, "traced at its first call only"


def branch(number):
    return lambda x, y: tf.cond(x[0] > 0, lambda: x * 2.0, lambda: x * number)


def loop(number):
    return lambda x, y: tf.while_loop(lambda i, _: i < 3, lambda i, z: (i + 1, z + number), (0, x))


def summed(axis):
    return lambda x, y: tf.reduce_sum(tf.stack([x, y]), axis)


# Pairs that differ in one thing; the answers to ([1, 2], [3, 5]).
DIFFERENT = {
    "operation": (lambda x, y: x * y, lambda x, y: x + y),
    "constant": (lambda x, y: x * 2.0, lambda x, y: x * 3.0),
    "order of inputs": (lambda x, y: x - y, lambda x, y: y - x),
    "unread input": (lambda x, y: x * 2.0, lambda x, y: y * 2.0),
    "order of results": (lambda x, y: [x, y], lambda x, y: [y, x]),
    "attribute": (summed(0), summed(1)),
    "in a branch": (branch(3.0), branch(4.0)),
    "in a loop": (loop(1.0), loop(2.0)),
    "kind of numbers": (lambda x, y: tf.cast(x, "int32"), lambda x, y: tf.cast(x, "int64")),
}


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_different_functions_do_not(programs, pair):
    x, y = tf.constant([-1.0, 2.0]), tf.constant([3.0, 5.0])
    for function in pair:
        found, wanted = shared_program(function)(x, y), function(x, y)
        tf.nest.map_structure(np.testing.assert_array_equal, found, wanted)
    assert len(programs) == 2


def test_shapes_kinds_and_structures_are_programs_of_their_own(programs):
    weight = tf.Variable(2.0)

    def product(data):
        x, extra = data
        return {"y": weight * tf.cast(x, "float32") + (0.0 if extra is None else extra["b"])}

    run = shared_program(product)
    for data, answer in [
        ((np.float32([1, 2]), None), [2, 4]),
        ((np.float32([1, 2, 3]), None), [2, 4, 6]),
        ((np.int32([1, 2]), None), [2, 4]),
        ((np.float32([1, 2]), {"b": np.float32(1)}), [3, 5]),
        ((np.float32([3, 4]), None), [6, 8]),
    ]:
        np.testing.assert_array_equal(run(data)["y"], answer)
    assert len(programs) == 4


def test_dicts_in_any_order_are_read_by_name():
    run = shared_program(lambda data: data["a"] - data["b"])
    assert float(run({"a": tf.constant(5.0), "b": tf.constant(3.0)})) == 2
    assert float(run({"b": tf.constant(3.0), "a": tf.constant(5.0)})) == 2


def test_a_function_of_variables_alone():
    weight = tf.Variable([1.0, 2.0])
    run = shared_program(lambda unread: weight.assign_add([1.0, 1.0]))
    run(tf.constant(0))
    np.testing.assert_array_equal(run(tf.constant(0)), [3, 4])


def test_what_is_placed_beside_an_input():
    def beside(x):
        with tf.compat.v1.colocate_with(x):
            return x * x

    np.testing.assert_array_equal(shared_program(beside)(tf.constant([2.0, 3.0])), [4, 9])


def test_a_program_outlives_the_function_and_holds_nothing_of_it(programs):
    first = Counter(1.0)
    gone = [weakref.ref(first), weakref.ref(first.total)]
    run = shared_program(first.step)
    run({"x": tf.ones(2)})
    del run, first
    gc.collect()
    assert [reference() for reference in gone] == [None, None]
    second = Counter(4.0)
    found = shared_program(second.step)({"x": tf.ones(2)})
    assert float(found["total"]) == expected(4.0, [1.0, 1.0])
    assert len(programs) == 1


def test_what_cannot_be_traced_is_told_every_time():
    def refuse(data):
        raise ValueError(f"no {data.shape}")

    run = shared_program(refuse)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"no \(3,\)"):
            run(tf.zeros(3))


def test_a_setting_that_xla_compiles_in_is_another_program(programs):
    for enabled in (True, False):
        tf.config.experimental.enable_tensor_float_32_execution(enabled)
        shared_program(lambda x: x * 2.0)(tf.zeros(3))
    tf.config.experimental.enable_tensor_float_32_execution(True)
    assert len(programs) == 2
