"""What a report says, and that it says it of the right numbers."""

import json
import sys

import numpy as np
import pytest

from keras_sessrec.evaluation import EvaluationResult
from keras_sessrec_cli.report import Report, as_called


def result(ranks):
    return EvaluationResult(
        rank=np.array(ranks, float),
        session=np.arange(len(ranks)),
        position=np.full(len(ranks), 2),
        target=np.ones(len(ranks), int),
        item_counts=np.ones(30, int),
        recommended={},
        k=(20,),
        ties="conservative",
        unseen="drop",
        most_supported=None,
        num_unseen_targets=7,
    )


def report(model, **others):
    facts = {"sessions": 5, "events": 1234, "items": 3}
    return Report(
        name="shop",
        folder="out/my shop",
        clicks="clicks.csv; the test is the last day",
        cleaning="step events",
        facts={"train": facts, "test": facts, "recipe": "some_recipe", "epochs": 2, "seed": 3},
        epochs=[{"loss": 2.5, "val_loss": 3.0}, {"loss": 2.0, "val_loss": 2.75}],
        results={**{name: result(ranks) for name, ranks in others.items()}, "Net": result(model)},
        examples=[(["tea", "cup"], "pot", ["pot", "jug"])],
        environment={"python": "3"},
    )


def test_the_strongest_of_the_others_is_what_counts():
    found = report([1] * 40, weak=[25] * 40, strong=[2] * 40)
    assert found.strongest() == "strong"
    assert found.verdict().startswith("Net is above strong, the best of the others: mrr@20: +0.5")
    assert report([2] * 40, strong=[1] * 40).verdict().startswith("Net is below strong")


def test_chance_is_named():
    ranks = [1, 2] * 20
    assert "perhaps by chance" in report(ranks, other=ranks[::-1]).verdict()


def test_the_text_has_the_figures():
    text = report([1, 2, 4, 30], POP=[2, 2, 2, 2]).text()
    assert "| Net | 75.00 |" in text and "| 43.75 |" in text  # (1 + 1/2 + 1/4) / 4
    assert "| POP | 100.00 | 100.00 to 100.00 | 50.00 | 50.00 to 50.00 |" in text
    assert "4 times the whole catalog" in text and "7 next clicks on\nitems that" in text
    assert "| 2 | 2.0000 | 2.7500 |" in text
    assert "keras-sessrec serve 'out/my shop' " in text
    assert "recommend 'out/my shop' tea cup\ntensorboard --logdir 'out/my shop/logs'" in text
    assert "| train | 5 | 1,234 | 3 |" in text
    assert "| tea cup | pot | pot jug |" in text


@pytest.mark.parametrize(
    ("word", "command"),
    [
        (".venv/bin/keras-sessrec", ".venv/bin/keras-sessrec"),
        ("/x/keras_sessrec_cli/__main__.py", f"{sys.executable} -m keras_sessrec_cli"),
    ],
)
def test_the_command_is_named_as_it_was_called(monkeypatch, word, command):
    monkeypatch.setattr(sys, "argv", [word, "train"])
    assert as_called() == command


def test_json_holds_the_same():
    found = json.loads(json.dumps(report([1, 2, 4, 30], POP=[2, 2, 2, 2]).data()))
    assert found["results"]["Net"]["metrics"]["mrr_at_20"] == pytest.approx(0.4375)
    assert found["results"]["POP"]["intervals"]["recall"] == [1.0, 1.0]
    assert found["by_epoch"][1] == {"loss": 2.0, "val_loss": 2.75}
    assert found["examples"] == [
        {"clicked": ["tea", "cup"], "next": "pot", "recommended": ["pot", "jug"]}
    ]
