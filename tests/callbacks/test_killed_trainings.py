"""Trainings that are killed with SIGKILL, again and again, end with the same bits."""

import functools
import itertools
import signal

import numpy as np
import pytest

from harness.zygote import Zygote


@pytest.fixture(scope="module")
def zygote():
    found = Zygote()
    yield found
    found.close()


@pytest.fixture(scope="module")
def unbroken(zygote, tmp_path_factory):
    """Makes the folder and the `Ended` of a training that nobody kills, once."""

    @functools.cache
    def trained(world):
        folder = tmp_path_factory.mktemp(world)
        return folder, zygote.train(world, folder)

    return trained


def check_same(folder, whole):
    with np.load(folder / "outcome.npz") as here, np.load(whole / "outcome.npz") as there:
        assert here.files == there.files
        for name in there.files:
            np.testing.assert_array_equal(here[name], there[name], err_msg=f"{folder} {name}")
    left = [*folder.rglob("backup"), *folder.rglob(".unfinished-*")]
    assert not left, "what has ended leaves nothing"


def killed_until(zygote, unbroken, tmp_path, world, kills, seed):
    """Trains until so many processes were killed; every training comes to its end and is compared.

    Returns:
        int, kills that have left a file that was being written.
    """
    rng = np.random.default_rng(seed)
    whole_folder, whole = unbroken(world)
    in_writes = 0
    for number in itertools.count():
        folder, save_freq = tmp_path / str(number), [1, 40, "epoch"][rng.integers(3)]
        left = whole.blocks  # at least
        for _ in range(min(kills, rng.integers(2, 7))):
            after, wait = rng.integers(1, left + 1), rng.uniform(0, whole.seconds / whole.blocks)
            ended = zygote.train(
                world, folder, save_freq, signal.SIGKILL, after, wait, in_write=kills % 3 == 0
            )
            if not ended.code:  # before the kill
                break
            assert ended.code == -signal.SIGKILL
            kills, in_writes = kills - 1, in_writes + ended.in_write
            left = max(1, left - ended.blocks)
        else:
            assert zygote.train(world, folder, save_freq).code == 0
        check_same(folder, whole_folder)
        if not kills:
            return in_writes


@pytest.mark.parametrize(
    "world, kills",
    [
        ("gru4rec", 3),
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
def test_killed_at_random_moments(zygote, unbroken, tmp_path, world, kills):
    in_writes = killed_until(zygote, unbroken, tmp_path, world, kills, seed=kills)
    print(f"{world}: {kills} kills, of these {in_writes} in writes, all identical")
    assert in_writes >= kills // 10


@pytest.mark.parametrize(
    "number, code",
    [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow)],
)
def test_asked_to_stop_it_leaves_a_snapshot(zygote, unbroken, tmp_path, number, code):
    folder = tmp_path / "stopped"
    ended = zygote.train("gru4rec", folder, save_freq=1000, number=number)
    assert ended.code == code
    assert list((folder / "backup").glob("snapshot-*.npz"))
    assert zygote.train("gru4rec", folder, save_freq=1000).code == 0
    check_same(folder, unbroken("gru4rec")[0])
