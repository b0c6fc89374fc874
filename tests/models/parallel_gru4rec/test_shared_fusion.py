"""One output matrix for all subnets."""

import pytest

import keras_sessrec as ksr


def test_there_is_one_output_matrix():
    fusion = ksr.models.SharedFusion()
    fusion.attach(6, [3, 3, 3], [1.0] * 3)
    assert [tuple(w.shape) for w in fusion.trainable_weights] == [(7, 3), (7,)]


@pytest.mark.parametrize(("owner", "expected"), [(None, [1, 1]), (0, [1, 0]), (1, [0, 1])])
def test_who_trains_it(owner, expected):
    fusion = ksr.models.SharedFusion(owner=owner)
    fusion.attach(6, [3, 3], [1.0, 1.0])
    assert [len(fusion.owned_by(k)) for k in range(2)] == expected


@pytest.mark.parametrize("owner", [-1, 2])
def test_an_owner_that_is_no_subnet_is_an_error(owner):
    with pytest.raises(ValueError, match="`owner` must be a subnet from 0 to 1"):
        ksr.models.SharedFusion(owner=owner).attach(6, [3, 3], [1.0, 1.0])
