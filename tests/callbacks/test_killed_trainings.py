"""Trainings that are killed with SIGKILL, again and again, end with the same bits."""

import signal

import numpy as np
import pytest

from harness.zygote import Zygote


@pytest.fixture(scope="module")
def zygote():
    found = Zygote()
    yield found
    found.close()


def check_same(folder, whole):
    with np.load(folder / "outcome.npz") as here, np.load(whole / "outcome.npz") as there:
        assert here.files == there.files
        for name in there.files:
            np.testing.assert_array_equal(here[name], there[name], err_msg=f"{folder} {name}")
    left = [*folder.rglob("backup"), *folder.rglob(".unfinished-*")]
    assert not left, "what has ended leaves nothing"


def killed_until(zygote, tmp_path, world, kills, seed):
    """Trains until so many processes were killed; every training comes to its end and is compared.

    Returns:
        int, kills that have left a file that was being written.
    """
    rng = np.random.default_rng(seed)
    whole = tmp_path / "whole"
    seconds = zygote.train(world, whole).seconds
    in_writes = 0
    for number in range(10 * kills):
        folder, save_freq = tmp_path / str(number), [1, 40, "epoch"][rng.integers(3)]
        of_this = min(kills, rng.integers(1, 6))
        ended = None
        while ended is None or ended.code:
            number_of_signal = signal.SIGKILL if of_this else 0
            wait, in_write = rng.uniform(0, 1.2 * seconds), kills % 3 == 0
            ended = zygote.train(world, folder, save_freq, number_of_signal, wait, in_write)
            if ended.code:
                assert ended.code == -signal.SIGKILL
                of_this, kills, in_writes = of_this - 1, kills - 1, in_writes + ended.in_write
        check_same(folder, whole)
        if not kills:
            return in_writes
    raise AssertionError(f"{kills} kills are left: trainings end before")


@pytest.mark.parametrize(
    "world, kills",
    [
        ("gru4rec", 3),
        ("recipe", 3),
        *(
            pytest.param(world, kills, marks=pytest.mark.slow)
            for world, kills in {
                "gru4rec": 40,
                "recipe": 40,
                "residual": 40,
                "interleaving": 40,
                "m1": 40,
                "packed": 3,
                "steps_per_epoch": 3,
                "search": 5,
            }.items()
        ),
    ],
)
def test_killed_at_random_moments(zygote, tmp_path, world, kills):
    in_writes = killed_until(zygote, tmp_path, world, kills, seed=kills)
    print(f"{world}: {kills} kills, of these {in_writes} in writes, all identical")
    assert in_writes >= kills // 10


@pytest.mark.parametrize(
    "number, code",
    [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow)],
)
def test_asked_to_stop_it_leaves_a_snapshot(zygote, tmp_path, number, code):
    zygote.train("gru4rec", tmp_path / "whole")
    folder = tmp_path / "stopped"
    ended = zygote.train("gru4rec", folder, save_freq=1000, number=number)
    assert ended.code == code
    assert list((folder / "backup").glob("snapshot-*.npz"))
    assert zygote.train("gru4rec", folder, save_freq=1000).code == 0
    check_same(folder, tmp_path / "whole")
