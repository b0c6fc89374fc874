"""Feature subnets gate the item subnet."""

import numpy as np
import tensorflow as tf

import keras_sessrec as ksr


def test_the_gradient_of_a_feature_score_reaches_the_item_subnet():
    fusion = ksr.models.InteractionFusion(seed=1)
    fusion.attach(6, [3, 3], [1.0, 1.0])
    item, image = tf.constant([[1.0, -2.0, 0.5]]), tf.constant([[3.0, 0.0, 1.0]])
    with tf.GradientTape() as tape:
        tape.watch(item)
        total = tf.reduce_sum(fusion([item, image], scores=[1]))
    table = np.array(fusion.scorers[1].table)[1:]
    np.testing.assert_allclose(tape.gradient(total, item)[0], image[0] * table.sum(0), atol=1e-6)
