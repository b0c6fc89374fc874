"""The p-RNN paper's networks."""

from keras_sessrec.recipes.parallel_rnn_2016 import RECIPES

BY_NAME = {recipe.name: recipe for recipe in RECIPES}


def test_both_sizes_have_all_strategies():
    for stem in ("image_{}_100", "image_{}_500", "text_{}_500"):
        for strategy in ("simultaneous", "alternating", "residual", "interleaving"):
            recipe = BY_NAME[f"prnn_parallel_{stem.format(strategy)}"]
            units = [subnet[1]["units"] for subnet in recipe.model[1]["subnets"].values()]
            assert units == [[int(recipe.name.rsplit("_", 1)[1])]] * 2
            assert recipe.strategy[0].lower() == strategy


def test_every_subnet_trains_for_as_many_epochs():
    assert BY_NAME["prnn_parallel_image_residual_100"].strategy[1] == {"epochs_per_subnet": 10}
    assert BY_NAME["prnn_parallel_image_residual_100"].epochs == 20
    assert BY_NAME["prnn_parallel_image_alternating_100"].epochs == 20
    assert BY_NAME["prnn_parallel_image_interleaving_100"].epochs == 10


def test_features_are_named_where_they_are_read():
    assert BY_NAME["prnn_id_200"].features == ()
    assert BY_NAME["prnn_concatenated_text_1000"].features == ("text",)
    assert BY_NAME["prnn_interaction_image_residual_100"].model[1]["fusion"] == "interaction"
