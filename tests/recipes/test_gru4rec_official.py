"""The authors' parameter files."""

from keras_sessrec.recipes.gru4rec_official import RECIPES

BY_NAME = {recipe.name: recipe for recipe in RECIPES}


def test_cross_entropy_corrects_for_sampling_where_the_file_does():
    assert BY_NAME["gru4rec_rsc15_xe_shared_100"].negatives == (
        "Popularity",
        {"num": 2048, "alpha": 0.5, "logq": 1.0},
    )
    assert BY_NAME["gru4rec_rsc15_xe_100"].negatives[1]["logq"] == 0.0


def test_one_hot_files_have_no_embedding():
    for name, recipe in BY_NAME.items():
        arguments = recipe.model[1]
        assert arguments["tie_embeddings"] == ("shared" in name)
        assert arguments["tie_embeddings"] or not arguments["embedding_dropout"]


def test_bpr_max_of_retailrocket():
    recipe = BY_NAME["gru4rec_retailrocket_bprmax_shared"]
    assert recipe.loss == (
        "BPRMax",
        {"regularization": 1.95, "activation": ("ELU", {"alpha": 0.5})},
    )
    assert recipe.model[1]["units"] == [224]
    assert recipe.batches == ("session_parallel", {"lanes": 80})
    assert recipe.optimizer[1] == {"learning_rate": 0.05, "momentum": 0.4}


def test_second_losses_of_the_comparison():
    recipe = BY_NAME["gru4rec_diginetica_xe_shared"]
    assert recipe.model[1]["units"] == [192]
    assert recipe.model[1]["embedding_dropout"] == 0.45
    assert recipe.negatives == ("Popularity", {"num": 2048, "alpha": 0, "logq": 1.0})
    assert recipe.epochs == 5
    assert BY_NAME["gru4rec_diginetica_bprmax_shared"].epochs == 10
    assert [found.value for found in recipe.expects] == [0.4874, 0.1440]


def test_bpr_max_without_elu_where_the_file_says_linear():
    assert BY_NAME["gru4rec_yoochoose_bprmax_shared"].loss == ("BPRMax", {"regularization": 0.5})
