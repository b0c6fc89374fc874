"""One-call contract of the metrics of this package."""

import json

import keras
import numpy as np


def run_metric_test(cls, init_kwargs, expected, num_items=30):
    """Checks a metric on random batches of scores with many ties.

    Args:
        cls: Class of the metric.
        init_kwargs: Its constructor's arguments.
        expected: Function (scores as list of rows, targets) -> value, independent of the package.
        num_items: Columns of the scores.
    """
    rng = np.random.default_rng(0)
    # Five values only, so that most targets are tied; 64 rows in uneven batches.
    scores = rng.integers(0, 5, (64, num_items)).astype("float32")
    targets = rng.integers(0, num_items, 64).astype("int32")
    want = expected(scores.tolist(), targets.tolist())

    metric = cls(**init_kwargs)
    for stop, start in ((1, 0), (7, 1), (40, 7), (64, 40)):
        metric.update_state(targets[start:stop], scores[start:stop])
    np.testing.assert_allclose(float(metric.result()), want, rtol=1e-5, err_msg="uneven batches")

    metric.reset_state()
    metric.update_state(targets[:, None], scores)
    np.testing.assert_allclose(float(metric.result()), want, rtol=1e-5, err_msg="reset, one batch")

    metric.reset_state()
    weights = (rng.random(64) < 0.5).astype("float32")
    metric.update_state(targets, scores, sample_weight=weights)
    kept = weights > 0
    want_kept = expected(scores[kept].tolist(), targets[kept].tolist())
    np.testing.assert_allclose(float(metric.result()), want_kept, rtol=1e-5, err_msg="weight 0")

    metric.reset_state()
    metric.update_state(targets, scores, sample_weight=np.zeros(64, "float32"))
    assert float(metric.result()) == 0.0, "nothing counted"

    config = metric.get_config()
    json.dumps(config)
    again = cls.from_config(config)
    assert again.name == metric.name and again.get_config() == config
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(metric))
    assert type(again) is cls
    again.update_state(targets, scores)
    np.testing.assert_allclose(float(again.result()), want, rtol=1e-5, err_msg="round trip")

    # In a compiled model, over uneven batches, traced.
    inputs = keras.Input((num_items,))
    model = keras.Model(inputs, keras.layers.Identity()(inputs))
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=[cls(**init_kwargs)],
        jit_compile=False,
    )
    logs = model.evaluate(scores, targets, batch_size=24, return_dict=True, verbose=0)
    np.testing.assert_allclose(logs[metric.name], want, rtol=1e-5, err_msg="evaluate")
