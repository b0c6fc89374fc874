"""GRU4Rec's paper, table 2."""

from keras_sessrec.recipes.gru4rec_2016 import RECIPES

# The table as printed: mini-batch, dropout, learning rate, momentum.
TABLE_2 = {
    "gru4rec_2016_rsc15_top1_100": (50, 0.5, 0.01, 0),
    "gru4rec_2016_rsc15_bpr_100": (50, 0.2, 0.05, 0.2),
    "gru4rec_2016_rsc15_xe_100": (500, 0, 0.01, 0),
    "gru4rec_2016_video_top1_100": (50, 0.4, 0.05, 0),
    "gru4rec_2016_video_bpr_100": (50, 0.3, 0.1, 0),
    "gru4rec_2016_video_xe_100": (200, 0.1, 0.05, 0.3),
}


def test_settings_are_those_of_the_table():
    found = {
        r.name: (
            r.batches[1]["lanes"],
            r.model[1]["hidden_dropout"],
            r.optimizer[1]["learning_rate"],
            r.optimizer[1]["momentum"],
        )
        for r in RECIPES
        if r.name.endswith("_100")
    }
    assert found == TABLE_2


def test_only_pairwise_losses_end_in_tanh():
    for recipe in RECIPES:
        assert recipe.loss[1].get("activation") == (None if "_xe_" in recipe.name else "tanh")
