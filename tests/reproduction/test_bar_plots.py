"""What the bars of the pictures say."""

import numpy as np
import pytest

from keras_sessrec.reproduction import bar_plots
from keras_sessrec.reproduction.summaries import summarized

pytest.importorskip("matplotlib")


@pytest.fixture
def figures(monkeypatch):
    """The figures that are drawn, in place of files."""
    drawn = []
    monkeypatch.setattr(bar_plots, "save", lambda figure, path: drawn.append(figure))
    return drawn


@pytest.fixture
def rows(make_record):
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


def test_bars_are_means_from_top_to_bottom(figures, rows):
    bar_plots.plot_networks("a.png", rows)
    axis = figures[0].axes[0]
    np.testing.assert_allclose(widths(axis), [25, 50, 55])
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["POP", "id", "net"]
    assert axis.get_yticks().tolist() == [2, 1, 0]
    assert [text.get_text() for text in axis.texts] == ["25.0", "50.0", "55.0"]


def test_relative_bars_pair_the_seeds(figures, rows):
    bar_plots.plot_relative("a.png", rows, rows[1])
    # Against 0.4 and 0.6; the baseline has no such seed and is held against 0.5.
    np.testing.assert_allclose(widths(figures[0].axes[0]), [-50, (25 + 0) / 2])
    assert figures[0].axes[1].get_xlabel() == "MRR@20 against id (%)"


def test_baselines_look_different_without_colour(figures, rows):
    bar_plots.plot_networks("a.png", rows)
    baseline, network, _ = figures[0].axes[0].patches
    assert baseline.get_hatch() and not network.get_hatch()
