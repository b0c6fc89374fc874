"""Many mini-batches in one program: the numbers of single steps, one trace."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.training.fused_execution import (
    FiniteLossGuard,
    checked_train_function,
    fused_train_function,
)


class Recorder:
    """A train step that shifts a running value, so that the order matters."""

    def __init__(self):
        self.value = tf.Variable(0.0)
        self.steps = tf.Variable(0, dtype=tf.int64)
        self.traces = 0

    def train_step(self, data):
        self.traces += 1
        x, y = data
        self.value.assign(self.value * 0.5 + tf.reduce_sum(x["item"]) + y)
        self.steps.assign_add(1)

    def results(self):
        return {"value": self.value.read_value()}


def block(values):
    values = np.asarray(values, "float32")
    return {"item": tf.constant(values[:, None] * np.float32([1, 2]))}, tf.constant(values)


def expected(values):
    total = 0.0
    for value in values:
        total = total * 0.5 + 4 * value
    return total


@pytest.mark.parametrize("jit_compile", [False, True])
def test_equals_single_steps_and_traces_once(jit_compile):
    recorder = Recorder()
    run = fused_train_function(recorder.train_step, recorder.results, 3, jit_compile)
    blocks = iter([block([1, 2, 3]), block([4, 5]), block([6, 7, 8]), block([9])])
    logs = run(blocks)
    assert float(logs["value"]) == pytest.approx(expected([1, 2, 3]))
    traces = recorder.traces
    for _ in range(3):
        logs = run(blocks)
    assert float(logs["value"]) == pytest.approx(expected(range(1, 10)))
    assert int(recorder.steps) == 9
    assert recorder.traces == traces, "a block made it trace again"


def test_exhausted_iterator_ends_the_epoch():
    recorder = Recorder()
    run = fused_train_function(recorder.train_step, recorder.results, 3, False)
    with pytest.raises(StopIteration):
        run(iter([]))


def test_another_shape_of_mini_batches_is_another_program():
    recorder = Recorder()
    run = fused_train_function(recorder.train_step, recorder.results, 3, False)
    run(iter([block([1, 2, 3])]))
    run(iter([block([1])]))
    wide = ({"item": tf.ones((2, 5))}, tf.zeros(2))
    before = float(recorder.value)
    logs = run(iter([wide]))
    assert float(logs["value"]) == pytest.approx((before * 0.5 + 5) * 0.5 + 5)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_single_mini_batches_are_trained_and_checked(run_eagerly):
    guard, total = FiniteLossGuard(), tf.Variable(0.0)

    def train_step(loss):
        guard.note(loss, 5)
        total.assign_add(loss)
        return {"loss": total.value()}

    run = checked_train_function(
        train_step, dict, guard, size=1, jit_compile=False, run_eagerly=run_eagerly
    )
    losses = iter(tf.data.Dataset.from_tensor_slices([1.0, 2.0, float("nan")]))
    assert float(run(losses)["loss"]) == 1.0
    assert float(run(losses)["loss"]) == 3.0
    with pytest.raises(FloatingPointError, match="step 5 "):
        run(losses)


def test_many_widths_are_one_program_each_and_no_warning(caplog):
    recorder = Recorder()

    def train_step(data):
        recorder.train_step(data)
        return recorder.results()

    run = checked_train_function(
        train_step, dict, FiniteLossGuard(), size=1, jit_compile=False, run_eagerly=False
    )
    widths = [1, 2, 3, 4, 5, 6, 7, 8]
    batches = [({"item": tf.ones((2, width))}, tf.zeros(())) for width in widths]
    run(iter(batches[:1]))
    tracings = recorder.traces  # of one program
    for batch in batches[1:] + batches:
        logs = run(iter([batch]))
    total = 0.0
    for width in [*widths, *widths]:
        total = total * 0.5 + 2 * width
    assert float(logs["value"]) == pytest.approx(total)
    assert recorder.traces == tracings * len(widths)
    assert "retracing" not in caplog.text
