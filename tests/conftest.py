"""How TensorFlow runs in the tests: exactly on a GPU, compiled quickly in the default run."""

import gc
import os

import pytest


def pytest_configure(config):
    """Spares the default run optimizers of graphs, which cost it more than they save.

    Where slow tests run too, everything is compiled as users have it. On a GPU products are in
    float32, not in TF32, and sums are in one order, as the golden runs and bit-identity need.
    """
    is_worker = hasattr(config, "workerinput") or not config.getoption("numprocesses", None)
    if not is_worker:
        return
    is_default = config.option.markexpr == "not slow"
    if is_default:
        os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
    import tensorflow as tf

    if is_default:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    if tf.config.list_physical_devices("GPU"):
        tf.config.experimental.enable_tensor_float_32_execution(False)
        tf.config.experimental.enable_op_determinism()


def pytest_collection_modifyitems(items):
    """Tests marked `gpu` need one."""
    marked = [item for item in items if item.get_closest_marker("gpu")]
    if not marked:
        return
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        for item in marked:
            item.add_marker(pytest.mark.skip(reason="needs a GPU that TensorFlow can use"))


def pytest_collection_finish():
    """What is imported by now stays: the collector, which models bring in, leaves it alone."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def _forget_kernels():
    """TensorFlow keeps all that has run, as long as a process: gigabytes of so many models."""
    yield
    from tensorflow.python.eager import context

    context.context().clear_kernel_cache()
