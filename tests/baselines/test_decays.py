"""Decays by hand."""

from __future__ import annotations

import numpy as np
import pytest

from keras_sessrec.baselines.decays import (
    STEP_DECAYS,
    check_decay,
    check_scales,
    exponential,
    position_weights,
)

STEPS = np.array([1, 2, 3, 12])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("same", [1, 1, 1, 1]),
        ("div", [1, 1 / 2, 1 / 3, 1 / 12]),
        ("linear", [1, 0.9, 0.8, 0]),
        ("quadratic", [1, 1 / 4, 1 / 9, 1 / 144]),
        ("log", [1, 1 / np.log2(3), 1 / 2, 1 / np.log2(13)]),
    ],
)
def test_by_steps(name: str, expected: list[float]) -> None:
    np.testing.assert_allclose(STEP_DECAYS[name](STEPS), expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    # Of a session of 12 events: the 12th, 11th, 10th and first.
    [
        ("same", [1, 1, 1, 1]),
        ("div", [1, 11 / 12, 10 / 12, 1 / 12]),
        ("linear", [1, 0.9, 0.8, 0]),
        ("quadratic", [1, (11 / 12) ** 2, (10 / 12) ** 2, 1 / 144]),
        ("log", [1, 1 / np.log2(3), 1 / 2, 1 / np.log2(13)]),
    ],
)
def test_by_position(name: str, expected: list[float]) -> None:
    np.testing.assert_allclose(position_weights(name, STEPS, np.full(4, 12)), expected)


def test_exponential_falls_to_one_over_e_in_its_scale() -> None:
    np.testing.assert_allclose(exponential(np.array([0, 3, 6]), 3.0), [1, 1 / np.e, 1 / np.e**2])
    assert exponential(np.array([0, 7]), None).tolist() == [1, 1]


def test_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"`weighting` must be one of same, div.*'cubic'"):
        check_decay("weighting", "cubic")
    with pytest.raises(ValueError, match=r"`b` must be positive.*Received: nan"):
        check_scales(a=None, b=float("nan"))
