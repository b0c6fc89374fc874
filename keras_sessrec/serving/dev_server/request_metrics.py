"""Counts and durations of requests for Prometheus."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter

# TensorFlow Serving's own limits: from 10 microseconds, each 1.8 times the one before.
_LIMITS = [10 * 1.8**i for i in range(33)]


class RequestMetrics:
    """Counts requests under the names that TensorFlow Serving uses.

    Args:
        model: str, the model's name, a label of every line.

    Example:

    >>> metrics = RequestMetrics("shop")
    >>> metrics.record("OK", "predict", microseconds=700)
    >>> print(metrics.text().splitlines()[1])
    :tensorflow:serving:request_count{model_name="shop",status="OK"} 1
    """

    def __init__(self, model: str) -> None:
        self._model = _quoted(model)
        self._lock = threading.Lock()
        self._requests: Counter[str] = Counter()
        self._durations: dict[str, list[int]] = {}
        self._total: Counter[str] = Counter()

    def record(self, status: str, api: str, microseconds: float) -> None:
        """Counts one request; the duration only if it was answered.

        Args:
            status: str, the canonical code, "OK" or an error's.
            api: str, e.g. "predict"; "" for status and metadata.
            microseconds: float, from the first byte of the body to the answer.
        """
        with self._lock:
            self._requests[status] += 1
            if status == "OK":
                counts = self._durations.setdefault(api, [0] * (len(_LIMITS) + 1))
                counts[bisect_left(_LIMITS, microseconds)] += 1
                self._total[api] += round(microseconds)

    def text(self) -> str:
        """Returns all counts in Prometheus' text format."""
        name = ":tensorflow:serving:request_count"
        lines = [f"# TYPE {name} counter"]
        with self._lock:
            for status, count in sorted(self._requests.items()):
                lines.append(f'{name}{{model_name={self._model},status="{status}"}} {count}')
            name = ":tensorflow:serving:request_latency"
            lines.append(f"# TYPE {name} histogram")
            for api, counts in sorted(self._durations.items()):
                labels = f'model_name={self._model},API="{api}",entrypoint="REST"'
                below = 0
                for limit, count in zip([*_LIMITS, None], counts, strict=True):
                    below += count
                    shown = "+Inf" if limit is None else f"{limit:g}"
                    lines.append(f'{name}_bucket{{{labels},le="{shown}"}} {below}')
                lines.append(f"{name}_sum{{{labels}}} {self._total[api]}")
                lines.append(f"{name}_count{{{labels}}} {below}")
        return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
