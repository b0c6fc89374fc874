"""Ranking metrics and the next-event protocol from their definitions, one case at a time."""

import math


def rank(scores, target, ties):
    """Rank, from 1, of column `target` in one row of scores."""
    greater = sum(score > scores[target] for score in scores)
    equal = sum(score == scores[target] for score in scores)
    return {
        "standard": greater + 1,
        "conservative": greater + equal,
        "median": greater + 1 + (equal - 1) / 2,
    }[ties]


def best_columns(scores, k):
    """Columns of the k greatest scores of one row, the lower column first among equals."""
    return sorted(range(len(scores)), key=lambda column: (-scores[column], column))[:k]


def recall(ranks, k):
    return sum(rank <= k for rank in ranks) / len(ranks)


def mrr(ranks, k):
    return sum(1 / rank if rank <= k else 0 for rank in ranks) / len(ranks)


def ndcg(ranks, k):
    return sum(1 / math.log2(rank + 1) if rank <= k else 0 for rank in ranks) / len(ranks)


def coverage(recommended, num_items):
    """Share of the items that occur in the lists of recommended columns."""
    return len({column for row in recommended for column in row}) / num_items


def popularity(recommended, counts):
    """Mean of count / greatest count over all recommended columns."""
    shown = [counts[column] / max(counts) for row in recommended for column in row]
    return sum(shown) / len(shown)


def cases(sessions, known, unseen):
    """(session, position, prefix, target) of every case.

    `sessions` are lists of raw ids, `known` the ids of the catalog; position counts
    from 1; an unseen target is None.
    """
    found = []
    for session, events in enumerate(sessions):
        if unseen == "drop":
            events = [event for event in events if event in known]
        for place in range(1, len(events)):
            prefix = [event for event in events[:place] if event in known]
            target = events[place] if events[place] in known else None
            found.append((session, place + 1, prefix, target))
    return found
