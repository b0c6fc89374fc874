"""What the lines of the pictures say."""

import numpy as np
import pytest

from keras_sessrec.reproduction import line_plots
from keras_sessrec.reproduction.summaries import strongest_baseline, summarized

pytest.importorskip("matplotlib")


@pytest.fixture
def figures(monkeypatch):
    """The figures that are drawn, in place of files."""
    drawn = []
    monkeypatch.setattr(line_plots, "save", lambda figure, path: drawn.append(figure))
    return drawn


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


def test_epochs_have_a_line_per_seed(figures, rows):
    line_plots.plot_epochs("a.png", rows[1:2])
    axis = figures[0].axes[0]
    np.testing.assert_allclose(points(axis, 0), [[1, 60], [2, -40]])
    np.testing.assert_allclose(points(axis, 1), [[1, 80], [2, -20]])
    assert [text.get_text() for text in figures[0].legends[0].get_texts()] == ["net"]


def test_fractions_are_means_over_seeds(figures, rows):
    line_plots.plot_fractions("a.png", rows[1:], strongest_baseline(rows))
    recall = figures[0].axes[0]
    np.testing.assert_allclose(points(recall, 0), [[0.25, 50], [1, 70]])
    assert [tick.get_text() for tick in recall.get_xticklabels()] == ["1/4", "1"]
    assert recall.get_xscale() == "log"
    labels = [text.get_text() for text in figures[0].legends[0].get_texts()]
    assert sorted(labels) == ["POP, all", "net"]


def test_groups_show_their_sizes(figures, rows):
    line_plots.plot_groups("a.png", rows[1:2], rows[0], "by_events_read", "clicks read")
    axis = figures[0].axes[0]
    np.testing.assert_allclose(points(axis, 0), [[0, 70], [1, 50]])
    assert [tick.get_text() for tick in axis.get_xticklabels()] == ["1\n3", "2\n1"]
    assert axis.get_ylabel() == "Recall@20 (%)"


def test_long_ranges_take_two_lines(figures, rows):
    for row in (rows[0], rows[1]):
        for record in row.records:
            record["by_events_read"]["group"] = ["300-999", "1,000-2,999"]
    line_plots.plot_groups("a.png", rows[1:2], rows[0], "by_events_read", "clicks read")
    ticks = [tick.get_text() for tick in figures[0].axes[0].get_xticklabels()]
    assert ticks == ["300-\n999\n3", "1,000-\n2,999\n1"]


def test_large_sizes_are_short():
    assert [line_plots._short(n) for n in (9_999, 12_345)] == ["9,999", "12k"]
