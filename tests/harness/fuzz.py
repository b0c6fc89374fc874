"""Random inputs: a few, always the same, in the default tests, many in the slow ones."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st


def fuzzed(few, many):
    """Parametrizes a test by the number of its `examples`."""
    slow = pytest.param(many, marks=pytest.mark.slow, id="many")
    return pytest.mark.parametrize("examples", [pytest.param(few, id="few"), slow])


def run_fuzz_test(examples, check, **strategies):
    """Calls `check` with so many drawn arguments; a failure is shrunk and shown by hypothesis."""
    phases = [phase for phase in Phase if phase != Phase.explain]
    bounds = settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    bounds(given(**strategies)(check))()


@st.composite
def mutated(draw, content):
    """Bytes near to some: a few of them flipped, inserted, repeated or cut out."""
    found = bytearray(draw(content) if isinstance(content, st.SearchStrategy) else content)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(found)))
        length = draw(st.integers(0, min(len(found) - place, 40)))
        piece = draw(st.sampled_from(["flip", "insert", "repeat", "remove", "end"]))
        if piece == "flip" and place < len(found):
            found[place] ^= 1 << draw(st.integers(0, 7))
        elif piece == "insert":
            found[place:place] = draw(st.binary(max_size=6))
        elif piece == "repeat":
            found[place:place] = found[place : place + length] * draw(st.integers(1, 3))
        elif piece == "remove":
            del found[place : place + length]
        elif piece == "end":
            del found[place:]
    return bytes(found)
