"""Serves an exported model on this machine with TensorFlow Serving's REST routes.

For development only: no access control, no batching, one model; production is TensorFlow Serving,
which takes the same requests. From a shell:

    python -m keras_sessrec.serving.dev_server saved_models/<name> [--port 8501]
"""

from keras_sessrec.serving.dev_server.dev_server import DevServer

__all__ = ["DevServer"]
