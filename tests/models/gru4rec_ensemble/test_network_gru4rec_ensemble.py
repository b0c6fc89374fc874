"""The network of an ensemble, against its members."""

import numpy as np

import keras_sessrec as ksr

CATALOG = ksr.Catalog(range(5))


def parts_and_members(seed=1):
    model = ksr.models.GRU4RecEnsemble(CATALOG, members=3, units=[4], seed=seed)
    parts, states = model.network.encode(np.array([[1, 2]], "int32"))
    return model, {name: hidden[:, -1] for name, hidden in parts.items()}, states


def test_scores_are_the_mean_of_those_that_take_part():
    model, parts, _ = parts_and_members()
    alone = [
        np.asarray(member.head().scores({"network": parts[name]}))
        for name, member in model.network.members.items()
    ]
    head = model.network.head()
    np.testing.assert_allclose(head.scores(parts), np.mean(alone, axis=0), atol=1e-6)
    some = head.scores(parts, scoring=["member_0", "member_2"])
    np.testing.assert_allclose(some, (alone[0] + alone[2]) / 2, atol=1e-6)
    limited = head.of_subnets(["member_1"])
    np.testing.assert_allclose(limited.scores(parts), alone[1], atol=1e-6)
    candidates = np.array([5, 1])
    np.testing.assert_allclose(
        head.scores(parts, candidates), np.mean(alone, axis=0)[:, candidates - 1], atol=1e-6
    )


def test_query_and_table_give_the_scores():
    model, parts, _ = parts_and_members()
    head = model.network.head()
    vectors, biases = head.table()
    found = np.asarray(head.query(parts)) @ vectors.T + biases
    np.testing.assert_allclose(found, head.scores(parts), atol=1e-6)
    assert vectors.shape == (5, 12)


def test_states_are_sorted_by_member():
    model, parts, states = parts_and_members()
    by_member = model.network.states_by_subnet(states)
    assert list(by_member) == ["member_0", "member_1", "member_2"]
    for name, (state,) in by_member.items():
        np.testing.assert_allclose(state, parts[name], atol=1e-6)
