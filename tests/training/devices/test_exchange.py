"""Who exchanges what; sums over processes are tested where models are trained in them."""

import numpy as np
import pytest
import tensorflow as tf

from keras_sessrec.training.devices import LocalExchange, exchange_for


def test_devices_of_one_process():
    exchange = exchange_for(tf.distribute.MirroredStrategy(["CPU:0"]))
    assert type(exchange) is LocalExchange
    assert (exchange.count, exchange.first, exchange.is_chief, exchange.is_alone) == (1, 0, 1, 1)
    assert [device[-5:] for device in exchange.devices] == ["CPU:0"]
    total = exchange.sum([tf.constant([1.0, 2.0]), tf.constant([3.0, 4.0])])
    np.testing.assert_array_equal(total, [4, 6])
    assert exchange.of_all(7) == [7]
    np.testing.assert_array_equal(exchange.from_chief(np.arange(3)), [0, 1, 2])


def test_other_strategies_are_refused():
    with pytest.raises(ValueError, match=r"MirroredStrategy.*Received: `OneDeviceStrategy`"):
        exchange_for(tf.distribute.OneDeviceStrategy("CPU:0"))
