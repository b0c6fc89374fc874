"""A small world, and made-up records."""

import dataclasses

import numpy as np
import pytest

import keras_sessrec as ksr
from keras_sessrec.recipes import Expectation
from keras_sessrec.reproduction.provenance import recipe_data


@pytest.fixture(scope="session")
def logs():
    """Training and test log; the test has an item that training lacks."""
    shop = ksr.data.synthetic_shop(num_items=40, num_sessions=60, seed=1)
    train, test = ksr.data.split_last_sessions(shop.log, 0.3)
    new = np.bincount(test.item_codes).argmax()
    return train.select_events(train.item_codes != new), test


@pytest.fixture(scope="session")
def recipe():
    """A recipe that trains in a second, with a figure to reach on "shop"."""
    return dataclasses.replace(
        ksr.recipes.get("gru4rec_rsc15_xe_shared_100").tiny(),
        expects=(Expectation("shop", "recall@20", 0.5, "Somebody, table 1"),),
    )


@pytest.fixture
def make_record(recipe):
    """Makes a record of given metrics; see `Reproduction.run`."""

    def make(row, seed, recall, mrr, fraction=1.0, is_baseline=False, epochs=2):
        groups = {"group": ["1", "2"], "cases": [3, 1], "recall": [recall, 0.5], "mrr": [mrr, 0.1]}
        metrics = {
            f"{metric}@{k}": value
            for metric, value in (("recall", recall), ("mrr", mrr))
            for k in (1, 5, 10, 20)
        }
        curve = [{"val_recall_at_20": recall - e, "val_mrr_at_20": mrr - e} for e in range(epochs)]
        record = {
            "row": row,
            "seed": seed,
            "fraction": fraction,
            "is_published": fraction == 1,
            "recipe": None if is_baseline else recipe_data(dataclasses.replace(recipe, name=row)),
            "metrics": {"drop": metrics, "miss": {k: v / 2 for k, v in metrics.items()}},
            "intervals": {
                unseen: {"recall@20": [0.1, 0.2], "mrr@20": [0.01, 0.02]}
                for unseen in ("drop", "miss")
            },
            "cases": {"drop": 4, "miss": 5},
            "by_events_read": groups,
            "by_training_count": groups,
            "most_supported": {},
            "seconds": {"training": 12.0, "evaluation": 1.0},
            "environment": {"python": "3.x", "command": f"seed {seed}"},
            "made_with": {},
        }
        if not is_baseline:
            record |= {"parameters": 1_234, "epochs": curve, "validation": "a few sessions"}
        return record

    return make
