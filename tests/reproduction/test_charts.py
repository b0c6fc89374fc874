"""What the pictures say, and their look."""

import sys

import numpy as np
import pytest

from keras_sessrec.reproduction import charts
from keras_sessrec.reproduction.summaries import strongest_baseline, summarized

pytest.importorskip("matplotlib")


@pytest.fixture
def compared(make_record):
    return summarized(
        [
            make_record("POP", 0, 0.25, 0.05, is_baseline=True),
            make_record("id", 1, 0.4, 0.1),
            make_record("id", 2, 0.6, 0.1),
            make_record("net", 1, 0.5, 0.3),
            make_record("net", 2, 0.6, 0.3),
        ]
    )


def widths(axis):
    return [bar.get_width() for bar in axis.patches]


def test_bars_are_means_from_top_to_bottom(compared):
    figure = charts.network_bars(compared)
    axis = figure.axes[0]
    np.testing.assert_allclose(widths(axis), [25, 50, 55])
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["POP", "id", "net"]
    assert axis.get_yticks().tolist() == [2, 1, 0]
    assert [text.get_text() for text in axis.texts] == ["25.0", "50.0", "55.0"]


def test_relative_bars_pair_the_seeds(compared):
    figure = charts.relative_bars(compared, compared[1])
    # Against 0.4 and 0.6; the baseline has no such seed and is held against 0.5.
    np.testing.assert_allclose(widths(figure.axes[0]), [-50, (25 + 0) / 2])
    assert figure.axes[1].get_xlabel() == "MRR@20 against id (%)"


def test_baselines_look_different_without_colour(compared):
    figure = charts.network_bars(compared)
    baseline, network, _ = figure.axes[0].patches
    assert baseline.get_hatch() and not network.get_hatch()


@pytest.fixture
def rows(make_record):
    return summarized(
        [
            make_record("POP", 0, 0.1, 0.05, is_baseline=True),
            make_record("net", 1, 0.6, 0.3),
            make_record("net", 2, 0.8, 0.3),
            make_record("net", 1, 0.5, 0.2, fraction=1 / 4),
            make_record("net", 2, 0.5, 0.2, fraction=1 / 4),
        ]
    )


def points(axis, number):
    return np.array(axis.get_lines()[number].get_xydata())


def test_epochs_have_a_line_per_seed(rows):
    figure = charts.epoch_lines(rows[1:2])
    axis = figure.axes[0]
    np.testing.assert_allclose(points(axis, 0), [[1, 60], [2, -40]])
    np.testing.assert_allclose(points(axis, 1), [[1, 80], [2, -20]])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["net"]


def test_fractions_are_means_over_seeds(rows):
    figure = charts.fraction_lines(rows[1:], strongest_baseline(rows))
    recall = figure.axes[0]
    np.testing.assert_allclose(points(recall, 0), [[0.25, 50], [1, 70]])
    assert [tick.get_text() for tick in recall.get_xticklabels()] == ["1/4", "1"]
    assert recall.get_xscale() == "log"
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(labels) == ["POP, all", "net"]


def test_groups_show_their_sizes(rows):
    figure = charts.group_lines(rows[1:2], rows[0], "by_events_read", "clicks read")
    axis = figure.axes[0]
    np.testing.assert_allclose(points(axis, 0), [[0, 70], [1, 50]])
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["1\n3", "2\n1"]
    assert axis.get_ylabel() == "Recall@20 (%)"


def test_long_ranges_take_two_lines(rows):
    for row in (rows[0], rows[1]):
        for record in row.records:
            record["by_events_read"]["group"] = ["300-999", "1,000-2,999"]
    figure = charts.group_lines(rows[1:2], rows[0], "by_events_read", "clicks read")
    ticks = [tick.get_text() for tick in figure.axes[0].get_xticklabels()]
    assert ticks == ["300-\n999\n3", "1,000-\n2,999\n1"]


def test_large_sizes_are_short():
    assert [charts.short(n) for n in (9_999, 12_345)] == ["9,999", "12k"]


def test_lines_are_told_apart_without_colour():
    shapes = {(style["marker"], str(style["linestyle"])) for style in charts.LINES}
    assert len(shapes) == len(charts.LINES)


def test_the_extra_is_named_where_matplotlib_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"keras_sessrec\[viz\]"):
        charts.new_figure()


def test_the_legend_is_below_all_panels():
    figure, axes = charts.new_figure()
    axes[0].plot([1, 2], [3, 4], label="a line")
    charts.legend_below(figure)
    figure.draw_without_rendering()
    (legend,) = figure.legends
    panels = min(axis.get_tightbbox().y0 for axis in axes)
    assert legend.get_window_extent().y1 <= panels
