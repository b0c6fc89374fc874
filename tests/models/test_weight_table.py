"""Every weight is listed with its shape."""

import numpy as np

import keras_sessrec as ksr
from keras_sessrec.models.weight_table import weight_table

CATALOG = ksr.Catalog(["tea", "cup", "pot"])


def model():
    return ksr.models.GRU4Rec(CATALOG, units=[5], embedding_dim=4, seed=1)


def test_all_weights_add_up_to_all_numbers():
    made = model()
    header, *lines = weight_table(made).splitlines()
    assert header.split() == ["weight", "shape", "numbers", "trained"]
    assert len(lines) == len(made.weights)
    numbers = [int(line.rsplit(maxsplit=2)[1].replace(",", "")) for line in lines]
    assert sum(numbers) == made.count_params()
    assert any("(4, 5)" in line for line in lines)  # three items and the padding


def test_a_frozen_weight_is_told_from_a_trained_one():
    made = model()
    made.network.scorer.trainable = False
    trained = {
        line.split("  ")[0]: line.endswith("yes") for line in weight_table(made).splitlines()
    }
    scorer = {name: is_trained for name, is_trained in trained.items() if "item_scorer" in name}
    assert scorer and not any(scorer.values())
    assert any(trained.values())


def test_features_are_weights_that_are_not_trained():
    titled = CATALOG.with_features("price", np.ones((3, 2), np.float32))
    subnet = ksr.layers.Subnet(ksr.layers.FeatureTable("price"), units=[4])
    made = ksr.models.ParallelGRU4Rec(titled, {"price": subnet}, seed=1)
    (line,) = (line for line in weight_table(made).splitlines() if line.endswith("no"))
    assert "(4, 2)" in line


def test_the_summary_has_it(capsys):
    made = model()
    made.summary()
    printed = capsys.readouterr().out
    assert printed.endswith(weight_table(made) + "\n") and "Total params" in printed
    heard = []
    made.summary(print_fn=heard.append)
    assert heard[-1] == weight_table(made) and capsys.readouterr().out == ""
