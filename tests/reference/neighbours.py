"""Votes of similar sessions, rules and their order, one session and one item at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np


def neighbour_votes(
    sessions: Sequence[Sequence],
    end_times: Sequence[float],
    prefix: Sequence,
    k: int,
    sample_size: int,
    event_weight: Callable[[int, int], float],
    match_weight: Callable[[int], float],
    cosine: bool = False,
    recency_decay: float = math.inf,
    neighbour_decay: float = math.inf,
    idf_weighting: float = 0.0,
    order: Sequence[int] | None = None,
) -> dict:
    """What neighbours vote for after `prefix`: {item: vote}.

    `event_weight(p, n)` is the weight of the `p`-th of `n` events of the prefix, `match_weight(s)`
    that of a neighbour whose newest item in common is the `s`-th event from the end. Candidates
    come in `order`, by default the newest first, of equally old ones the later stored.
    """
    place = {item: p for p, item in enumerate(prefix, start=1)}
    if order is None:
        order = sorted(range(len(sessions)), key=lambda s: (-end_times[s], -s))
    candidates = []
    for s in order:
        common = place.keys() & set(sessions[s])
        overlap = sum(event_weight(place[item], len(prefix)) for item in common)
        if overlap > 0:
            candidates.append((s, overlap))
    candidates = candidates[:sample_size]
    similar = []
    for s, overlap in candidates:
        norm = math.sqrt(len(set(sessions[s]))) if cosine else 1
        age = end_times[candidates[0][0]] - end_times[s]
        similar.append((overlap / norm * math.exp(-age / recency_decay), s))
    # In float32 equal sums in another order are equal.
    neighbours = sorted(similar, key=lambda pair: -np.float32(pair[0]))[:k]
    votes: dict = {}
    for similarity, s in neighbours:
        session = list(sessions[s])
        newest = max(place.keys() & set(session), key=place.get)
        step = len(prefix) - place[newest] + 1
        last = {item: p for p, item in enumerate(session, start=1)}
        for item in last:
            vote = similarity * match_weight(step)
            vote *= math.exp(-abs(last[item] - last[newest]) / neighbour_decay)
            holders = sum(item in other for other in sessions)
            vote *= 1 + idf_weighting * math.log(len(sessions) / holders)
            votes[item] = votes.get(item, 0) + vote
    return votes


def association_rules(sessions: Sequence[Sequence], last: object) -> dict:
    """Events of the sessions beside those of `last`, one pair of events at a time."""
    found: dict = {}
    for session in sessions:
        for x, item in enumerate(session):
            for y, other in enumerate(session):
                if item == last and x != y:
                    found[other] = found.get(other, 0) + 1
    return found


def sequential_rules(
    sessions: Sequence[Sequence], last: object, steps: int, weight: Callable[[int], float]
) -> dict:
    """Weights of the events up to `steps` after those of `last`."""
    found: dict = {}
    for session in sessions:
        for x, item in enumerate(session):
            for y in range(x + 1, min(x + steps + 1, len(session))):
                if item == last:
                    found[session[y]] = found.get(session[y], 0) + weight(y - x)
    return found


def ordered(votes: dict, sessions: Sequence[Sequence], items: Sequence) -> list[float]:
    """Scores of `items`: votes raised by a thousandth at most by popularity, others below 0."""
    popularity = [sum(list(session).count(item) for session in sessions) for item in items]
    distinct = sorted(set(popularity))
    scores = []
    for item, number in zip(items, popularity, strict=True):
        tie = distinct.index(number) / len(distinct)
        scores.append(votes[item] * (1 + tie / 1000) if votes.get(item, 0) > 0 else tie - 1)
    return scores
