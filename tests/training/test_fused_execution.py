"""Many mini-batches in one program, the blocks it runs, and what it notes."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.training.fused_execution import (
    TrainingGuard,
    block_dataset,
    checked_train_function,
    fused_train_function,
    has_static_shapes,
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
    logs = run(next(blocks))
    assert float(logs["value"]) == pytest.approx(expected([1, 2, 3]))
    traces = recorder.traces
    for _ in range(3):
        logs = run(next(blocks))
    assert float(logs["value"]) == pytest.approx(expected(range(1, 10)))
    assert int(recorder.steps) == 9
    assert recorder.traces == traces, "a block made it trace again"


def test_another_shape_of_mini_batches_is_another_program():
    recorder = Recorder()
    run = fused_train_function(recorder.train_step, recorder.results, 3, False)
    run(block([1, 2, 3]))
    run(block([1]))
    wide = ({"item": tf.ones((2, 5))}, tf.zeros(2))
    before = float(recorder.value)
    logs = run(wide)
    assert float(logs["value"]) == pytest.approx((before * 0.5 + 5) * 0.5 + 5)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_single_mini_batches_are_trained_and_checked(run_eagerly):
    guard, total = TrainingGuard(), tf.Variable(0.0)

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
        train_step, dict, TrainingGuard(), size=1, jit_compile=False, run_eagerly=False
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


def test_an_exhausted_iterator_ends_the_epoch():
    recorder = Recorder()
    for size in (1, 3):
        run = checked_train_function(
            recorder.train_step, recorder.results, TrainingGuard(), size, False, False
        )
        with pytest.raises(StopIteration):
            run(iter([]))


# === What goes wrong ===


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_c31_names_the_first_bad_step_once(bad, jit_compile):
    guard = TrainingGuard()

    @tf.function(jit_compile=jit_compile, autograph=False)
    def block(losses):
        for step in range(4):
            guard.note(losses[step], step + 10)

    block(tf.constant([1.0, bad, 2.0, bad]))
    with pytest.raises(FloatingPointError, match="step 11 "):
        guard.check()
    guard.check()  # raised once: a new training starts clean


def test_finite_losses_pass():
    guard = TrainingGuard()
    guard.note(tf.constant(1e30), 0)
    assert guard.check() is None


def test_data_is_checked_before_it_is_trained_on():
    def refuse(data):
        raise ValueError(f"refused {int(data)}")

    guard, trained = TrainingGuard(), []
    run = checked_train_function(trained.append, dict, guard, 1, False, True, check_data=refuse)
    with pytest.raises(ValueError, match="refused 7"):
        run(iter([tf.constant(7)]))
    assert trained == []
    guard.check_usable()


@pytest.mark.parametrize("size", [1, 3])
def test_after_a_program_broke_off_nothing_goes_on(size):
    guard = TrainingGuard()
    guard.check_usable()

    def fails(*_):
        raise tf.errors.ResourceExhaustedError(None, None, "95.09 GiB")

    run = checked_train_function(fails, dict, guard, size, jit_compile=False, run_eagerly=True)
    with pytest.raises(tf.errors.ResourceExhaustedError):
        run(iter([block([1, 2, 3])]))
    with pytest.raises(
        RuntimeError, match=r"a training program broke off: 95.09 GiB.*make it anew"
    ):
        guard.check_usable()


# === Blocks ===


def numbered(count):
    """Mini-batches of two rows that hold their number."""
    number = tf.range(count)
    x = {"item": tf.stack([number, number], axis=1), "is_start": tf.zeros((count, 2), tf.bool)}
    return tf.data.Dataset.from_tensor_slices((x, number))


def blocks_of(dataset, number):
    return [y.numpy().tolist() for _, y in itertools.islice(dataset, number)]


def test_last_block_of_an_epoch_is_short_and_the_next_epoch_starts_anew():
    dataset, blocks, steps = block_dataset(numbered(7), 3, None)
    assert (blocks, steps) == (3, 7)
    assert blocks_of(dataset, 5) == [[0, 1, 2], [3, 4, 5], [6], [0, 1, 2], [3, 4, 5]]


def test_all_parts_are_stacked_alike():
    ((x, y),) = block_dataset(numbered(4), 4, None)[0].take(1)
    np.testing.assert_array_equal(x["item"], np.stack([y, y], axis=1))
    assert x["is_start"].shape == (4, 2)


def test_steps_per_epoch_goes_on_where_the_last_epoch_ended():
    dataset, blocks, steps = block_dataset(numbered(7), 3, 5)
    assert (blocks, steps) == (2, 5)
    assert blocks_of(dataset, 4) == [[0, 1, 2], [3, 4], [5, 6, 0], [1, 2]]


def test_elements_without_targets():
    dataset, *_ = block_dataset(numbered(5).map(lambda x, _: (x,)), 2, 4)
    (x,) = dataset.take(1)
    assert x["item"].numpy().tolist() == [[0, 0], [1, 1]]


def test_unknown_number_of_mini_batches():
    dataset, blocks, steps = block_dataset(numbered(5).filter(lambda _, y: y != 1), 3, None)
    assert blocks is steps is None
    assert [y.numpy().tolist() for _, y in dataset] == [[0, 2, 3], [4]]


@pytest.mark.parametrize(
    ("shape", "expected"), [((4, 1), True), ((None, 1), False), ((4, None), False), (None, False)]
)
def test_static_shapes(shape, expected):
    spec = ({"item": tf.TensorSpec((4, 1))}, tf.TensorSpec(shape))
    dataset = tf.data.Dataset.from_generator(lambda: iter(()), output_signature=spec)
    assert has_static_shapes(dataset) is expected
