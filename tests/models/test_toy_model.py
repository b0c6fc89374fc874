"""A model of one's own: four methods, as CONTRIBUTING.md's "Add a model" shows it."""

import pathlib
import re

import keras
import numpy as np
import tensorflow as tf

import keras_sessrec as ksr
from harness.model import run_model_test


def the_model_of_the_guide():
    """The code block of CONTRIBUTING.md, run as printed."""
    guide = (pathlib.Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
    (code,) = re.findall(r"```python\n(.*?class LastItem\(.*?)```", guide, flags=re.DOTALL)
    names = {}
    exec(code, names)
    return names["LastItem"]


LastItem = the_model_of_the_guide()


def test_it_fits_evaluates_saves_and_loads(tmp_path):
    run_model_test(lambda catalog: LastItem(catalog, dim=16, seed=1), tmp_path, epochs=8)


def test_it_defines_four_methods_and_nothing_of_training():
    network = type(LastItem(ksr.Catalog(range(3))).network)
    own = {name for name in vars(network) if not name.startswith("_")}
    assert own == {"initial_states", "encode", "head"}  # `subnets`: the default is everything
    assert set(vars(LastItem)) & {"compile", "fit", "train_step", "evaluate", "score"} == set()


def test_it_is_exported_and_served(tmp_path):
    log = ksr.data.synthetic_shop(num_items=40, num_sessions=200, seed=1).log
    catalog = ksr.Catalog.from_log(log)
    model = LastItem(catalog, seed=1)
    model.compile(negatives="in_batch", jit_compile=False)
    model.fit(ksr.batches.session_parallel(log, catalog, lanes=8), verbose=0)
    folder = ksr.serving.export(model, tmp_path / "toy", k=3)
    loaded = tf.saved_model.load(str(folder))
    session = catalog.item_ids[:2].tolist()
    answer = loaded.signatures["serving_default"](
        session=tf.constant([session]), exclude=tf.constant([[""]])
    )
    want = [item_id for item_id, _ in model.recommend([session], k=3)[0]]
    assert [item_id.decode() for item_id in answer["item_ids"].numpy()[0]] == want


def test_its_clone_has_weights_of_its_own():
    model = LastItem(ksr.Catalog(range(5)), seed=1)
    clone = keras.models.clone_model(model)
    np.testing.assert_array_equal(clone.weights[0], model.weights[0])
    assert clone.weights[0] is not model.weights[0]
