"""What the server does to requests before a model sees them must not change an answer."""

from concurrent import futures

import numpy as np
import pytest

from harness.served import ODD_IDS, K, assert_same_answers


def put_together(requests, allowed):
    """As TensorFlow Serving's batching does.

    Shorter requests are padded on the right with their own first element, all are put
    together, and the rows are filled up to an allowed number by repeating.
    """
    batch = {}
    for name in requests[0]:
        arrays = [request[name] for request in requests]
        width = max(array.shape[1] for array in arrays)
        padded = [
            np.pad(a, [(0, 0), (0, width - a.shape[1])], constant_values=a.flat[0]) for a in arrays
        ]
        rows = np.concatenate(padded)
        size = min(size for size in allowed if size >= len(rows))
        batch[name] = np.concatenate([rows, np.repeat(rows[:1], size - len(rows), axis=0)])
    return batch


def random_requests(export, seed, number):
    """Requests of one or two sessions, each row with padding before it."""
    rng = np.random.default_rng(seed)
    ids = export.model.catalog.item_ids.tolist()
    unknown = "?" if export.padding == "" else 10**6
    requests, sessions, excluded = [], [], []
    for _ in range(number):
        rows = rng.integers(1, 3)
        some = [
            [(*ids, unknown)[i] for i in rng.integers(0, 11, rng.integers(0, 9))]
            for _ in range(rows)
        ]
        out = [[ids[i] for i in rng.integers(0, 10, rng.integers(0, 3))] for _ in range(rows)]
        kind = object if export.padding == "" else np.int64
        requests.append(
            {
                name: np.array(export.ids(matrix).numpy(), kind)
                for name, matrix in {"session": some, "exclude": out}.items()
            }
        )
        sessions += some
        excluded += out
    return requests, sessions, excluded


@pytest.mark.parametrize("signature", ["serving_default", "recommend_unseen"])
@pytest.mark.parametrize("which", ["served", "served_integers"])
def test_a_batch_answers_as_its_requests_alone(which, signature, request):
    export = request.getfixturevalue(which)
    for seed in range(5):
        requests, sessions, excluded = random_requests(export, seed, number=6)
        batch = put_together(requests, allowed=[1, 2, 4, 8, 16])
        answer = export.ask(signature, **batch)
        assert len(answer["scores"]) in (8, 16)
        got = export.pairs(answer)[: len(sessions)]
        alone = [pair for one in requests for pair in export.pairs(export.ask(signature, **one))]
        assert_same_answers(got, alone)
        want = [
            export.model.recommend(
                [session], k=K, exclude=out, exclude_seen=signature == "recommend_unseen"
            )[0]
            for session, out in zip(sessions, excluded, strict=True)
        ]
        assert_same_answers(got, want)


def test_scores_of_a_batch(served):
    requests, _, _ = random_requests(served, seed=9, number=4)
    requests = [{"session": r["session"], "candidates": r["exclude"]} for r in requests]
    batch = served.ask("score", **put_together(requests, allowed=[8]))["scores"]
    alone = [row for one in requests for row in served.ask("score", **one)["scores"]]
    for together, row in zip(batch, alone, strict=False):
        np.testing.assert_allclose(together[: len(row)], row, rtol=1e-5, atol=1e-5)


def test_without_leading_padding_a_servers_padding_would_be_a_click(served):
    """Why clients begin every session with padding."""
    short, long = [["tea"]], [["", *ODD_IDS[:4]]]
    requests = [{"session": np.array(s, object)} for s in (short, long)]
    batch = served.ask("encode", **put_together(requests, allowed=[2]))
    assert batch["state"][0, 0] == 5  # "tea" five times
    assert batch["state"][1, 0] == 4


@pytest.mark.parametrize("number", [300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_requests_at_the_same_time_answer_as_one_by_one(served, number):
    requests, _, _ = random_requests(served, seed=11, number=number)
    signatures = ["serving_default", "recommend_unseen"]
    asked = [(signatures[place % 2], request) for place, request in enumerate(requests)]
    alone = [served.ask(signature, **request) for signature, request in asked]
    with futures.ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda one: served.ask(one[0], **one[1]), asked))
    for ours, theirs in zip(together, alone, strict=True):
        np.testing.assert_array_equal(ours["item_ids"], theirs["item_ids"])
        np.testing.assert_array_equal(ours["scores"], theirs["scores"])
