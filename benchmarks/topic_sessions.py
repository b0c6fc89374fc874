"""Where neighbours beat a network: long sessions about something, in no order.

    python benchmarks/topic_sessions.py --json topics.json

A made-up log, as of playlists: each session has one or two of 600 topics, and its clicks are drawn
from the 40 items of these, in any order, a tenth from all items. So a transition is hardly ever
seen twice, and what helps is to know what the whole session is about. The last 800 of 8,000
sessions are the test; recipes are trained as they are.
"""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
from machine import describe
from tables import Records, means, parser, print_table

import keras_sessrec as ksr

K = 20
TOPICS, ITEMS_OF_A_TOPIC = 600, 40
RECIPES = ["gru4rec_cosine_128", "gru4rec_diginetica_xe_shared"]
BASELINES = {
    "first-order Markov": ksr.baselines.MarkovChain,
    "SR": ksr.baselines.SequentialRules,
    "AR": ksr.baselines.AssociationRules,
    "Item-KNN": ksr.baselines.ItemKNN,
    "VS-kNN": ksr.baselines.SessionKNN,
    "STAN": ksr.baselines.STAN,
}


def clicks(num_sessions: int) -> ksr.data.SessionLog:
    """The log: topics and items within a topic have popularities that fall with their rank."""
    rng = np.random.default_rng(1)
    num_items = TOPICS * ITEMS_OF_A_TOPIC // 2  # an item has two topics on average
    items = np.stack(
        [rng.choice(num_items, ITEMS_OF_A_TOPIC, replace=False) for _ in range(TOPICS)]
    )
    topic_odds, item_odds = _falling(TOPICS, 0.6), _falling(ITEMS_OF_A_TOPIC, 0.7)
    parts = []
    for session in range(num_sessions):
        length = int(np.clip(rng.geometric(1 / 18), 3, 60))
        topics = rng.choice(rng.choice(TOPICS, rng.integers(1, 3), p=topic_odds), length)
        of_topic = items[topics, rng.choice(ITEMS_OF_A_TOPIC, length, p=item_odds)]
        anything = rng.integers(num_items, size=length)
        clicked = np.where(rng.random(length) < 0.1, anything, of_topic)
        parts.append({"session_id": session, "item_id": clicked, "timestamp": np.arange(length)})
    frame = pd.concat([pd.DataFrame(part) for part in parts])
    frame["timestamp"] += 1000 * frame["session_id"]
    return ksr.data.clean(ksr.data.from_frame(frame))[0]


def _falling(count: int, power: float) -> np.ndarray:
    odds = 1 / np.arange(1, count + 1) ** power
    return odds / odds.sum()


def main() -> None:
    arguments = parser(__doc__, "a quarter of the sessions, two epochs, one seed")
    arguments.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3])
    args = arguments.parse_args()
    print(describe())
    records = Records(args.json)
    log = clicks(2_000 if args.quick else 8_000)
    train, test = ksr.data.split_last_sessions(log, log.num_sessions // 10)
    catalog = ksr.Catalog.from_log(train)
    print(f"train {train!r}, test {test!r}")
    for name in [*BASELINES, *RECIPES]:
        for seed in (args.seeds[:1] if args.quick else args.seeds) if name in RECIPES else [0]:
            begin = time.process_time()
            if name in RECIPES:
                recipe = ksr.recipes.get(name)
                recipe = recipe.with_epochs(2) if args.quick else recipe
                scorer = recipe.train(train, catalog, seed=seed, verbose=0)
            else:
                scorer = BASELINES[name]().fit(train, catalog)
            spent = time.process_time() - begin
            result = ksr.evaluate(scorer, test, k=K, unseen="miss", coverage=False)
            figures = {"recall@20": result.recall(K), "mrr@20": result.mrr(K)}
            records.add({"scorer": name, "seed": seed, **figures, "CPU seconds": spent})
    print_table(means(records, ["scorer"]))


if __name__ == "__main__":
    main()
