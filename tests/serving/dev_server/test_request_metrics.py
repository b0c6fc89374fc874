"""Prometheus' text."""

import re

from keras_sessrec.serving.dev_server.request_metrics import RequestMetrics

LINE = re.compile(
    r'^(?P<name>[a-z_:]+)\{(?P<labels>([A-Za-z_]+="([^"\\]|\\.)*",?)*)\} (?P<value>\d+)$'
)


def lines_of(metrics):
    """dict of (name, labels) -> value; every line must be of the format."""
    found = {}
    for line in metrics.text().splitlines():
        if not line.startswith("# TYPE "):
            match = LINE.match(line)
            assert match, line
            found[match["name"], match["labels"]] = int(match["value"])
    return found


def test_requests_are_counted_by_status():
    metrics = RequestMetrics("shop")
    for status in ("OK", "NOT_FOUND", "OK"):
        metrics.record(status, "predict", 10)
    found = lines_of(metrics)
    name = ":tensorflow:serving:request_count"
    assert found[name, 'model_name="shop",status="OK"'] == 2
    assert found[name, 'model_name="shop",status="NOT_FOUND"'] == 1


def test_durations_are_a_histogram_of_growing_counts():
    metrics = RequestMetrics("shop")
    for microseconds in (1, 10, 11, 18, 500, 1e12):
        metrics.record("OK", "predict", microseconds)
    metrics.record("INVALID_ARGUMENT", "predict", 3)
    found = lines_of(metrics)
    name = ":tensorflow:serving:request_latency"
    labels = 'model_name="shop",API="predict",entrypoint="REST"'
    buckets = {key[1]: v for key, v in found.items() if key[0] == f"{name}_bucket"}
    assert len(buckets) == 34
    assert buckets[f'{labels},le="10"'] == 2, "a limit belongs to its bucket"
    assert buckets[f'{labels},le="18"'] == 4
    assert buckets[f'{labels},le="+Inf"'] == found[f"{name}_count", labels] == 6
    assert found[f"{name}_sum", labels] == 1_000_000_000_540
    assert list(buckets.values()) == sorted(buckets.values())


def test_names_are_escaped():
    metrics = RequestMetrics('a "b"\\c\n')
    metrics.record("OK", "", 5)
    assert any(labels.startswith(r'model_name="a \"b\"\\c\n"') for _, labels in lines_of(metrics))
