"""Configuration files of TensorFlow Serving."""

from __future__ import annotations

import pathlib

from keras_sessrec.ops.whole_files import whole_file

_MODELS = """\
# tensorflow_model_server --model_config_file=THIS_FILE
# `base_path` is where the official image mounts the folder of all models; it must be absolute.
# The highest version is served, and a new one taken up when it appears. To go back to an older
# one: model_version_policy {{ specific {{ versions: 7 }} }}.
model_config_list {{
  config {{
    name: "{name}"
    base_path: "/models/{name}"
    model_platform: "tensorflow"
    model_version_policy {{ latest {{ num_versions: 1 }} }}
  }}
}}
"""

_BATCHING = """\
# tensorflow_model_server --enable_batching --batching_parameters_file=THIS_FILE
# Requests that wait for a free thread are put together. To wait for more on purpose, set
# `batch_timeout_micros` to 1000 or more. Set `num_batch_threads` to the number of cores.
# Rows that are shorter than others are padded on the right with the first element of their
# request: begin every session with padding ({padding}), or the answer is another session's.
max_batch_size {{ value: {largest} }}
batch_timeout_micros {{ value: 0 }}
num_batch_threads {{ value: 4 }}
max_enqueued_batches {{ value: 100 }}
{allowed}
pad_variable_length_inputs: true
"""

_MONITORING = """\
# tensorflow_model_server --rest_api_port=8501 --monitoring_config_file=THIS_FILE
prometheus_config {
  enable: true
  path: "/monitoring/prometheus/metrics"
}
"""


def batch_sizes(num_items: int) -> list[int]:
    """Chooses the numbers of rows that a server may put together.

    Args:
        num_items: int, size of the catalog.

    Returns:
        list of int, powers of two up to 64, fewer where the scores of 64 rows would take more
        than 64 MB.

    Example:

    >>> batch_sizes(1_000), batch_sizes(5_000_000)
    ([1, 2, 4, 8, 16, 32, 64], [1, 2])
    """
    most = max(1, min(64, 2**24 // num_items))
    return [2**i for i in range(most.bit_length())]


def write_server_files(path: pathlib.Path, num_items: int, padding: str | int) -> None:
    """Writes `models.config`, `batching_parameters.txt` and `monitoring.config`.

    A file that is there already is left as it is: an operator may have changed it.

    Args:
        path: Path, folder of the model's versions, of the model's name.
        num_items: int, size of the catalog.
        padding: What stands for "no item" in a request.
    """
    sizes = batch_sizes(num_items)
    texts = {
        "models.config": _MODELS.format(name=path.name),
        "batching_parameters.txt": _BATCHING.format(
            padding=f'"{padding}"' if isinstance(padding, str) else padding,
            largest=sizes[-1],
            allowed="\n".join(f"allowed_batch_sizes: {size}" for size in sizes),
        ),
        "monitoring.config": _MONITORING,
    }
    for name, text in texts.items():
        if not (path / name).exists():
            with whole_file(path / name) as beside:
                beside.write_text(text)
