"""GRU4Rec, then all prefixes, then a small model of it."""

from keras_sessrec.recipes.prefixes_on_top import RECIPES


def test_each_starts_from_the_one_before():
    prefixes, recent, small = RECIPES
    assert small.start is recent.start is prefixes
    assert [stage.fraction for stage in recent.stages] == [0.5]
    assert recent.model == prefixes.model
    assert prefixes.start.model[1]["reset_after"]
    assert prefixes.start.batches[0] == "session_parallel"
    assert prefixes.batches[1]["form"] == "packed"
    # Its weights are taken over: what has a shape must not change.
    for key in ("units", "tie_embeddings", "reset_after"):
        assert prefixes.model[1][key] == prefixes.start.model[1][key]
    assert prefixes.model[1]["click_dropout"] == small.model[1]["click_dropout"] == 0.25
    rates = [stage.learning_rate for stage in prefixes.stages]
    assert rates == sorted(rates, reverse=True)
    assert not any(recipe.expects for recipe in RECIPES)  # nothing is published
