"""The default run spares optimizers of graphs, which cost it more than they save."""

import os


def pytest_configure(config):
    """Where slow tests run too, everything is compiled as users have it."""
    is_worker = hasattr(config, "workerinput") or not config.getoption("numprocesses", None)
    if config.option.markexpr != "not slow" or not is_worker:
        return
    os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
    import tensorflow as tf

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
