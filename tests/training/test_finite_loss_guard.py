"""The first step whose loss is not finite is remembered and raised."""

import pytest
import tensorflow as tf

from keras_sessrec.training.fused_execution import FiniteLossGuard


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("jit_compile", [False, True])
def test_c31_names_the_first_bad_step_once(bad, jit_compile):
    guard = FiniteLossGuard()

    @tf.function(jit_compile=jit_compile, autograph=False)
    def block(losses):
        for step in range(4):
            guard.note(losses[step], step + 10)

    block(tf.constant([1.0, bad, 2.0, bad]))
    with pytest.raises(FloatingPointError, match="step 11 "):
        guard.check()
    guard.check()  # raised once: a new training starts clean


def test_finite_losses_pass():
    guard = FiniteLossGuard()
    guard.note(tf.constant(1e30), 0)
    assert guard.check() is None
