"""The look of pictures."""

import sys

import pytest

from keras_sessrec.reproduction import figure_style


def test_lines_are_told_apart_without_colour():
    styles = [figure_style.line_style(n) for n in range(figure_style.MOST_LINES)]
    shapes = {(style["marker"], str(style["linestyle"])) for style in styles}
    assert len(shapes) == len(styles)


def test_the_extra_is_named_where_matplotlib_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"keras_sessrec\[viz\]"):
        figure_style.new_figure(1)


def test_the_legend_is_below_all_panels():
    pytest.importorskip("matplotlib")
    figure, axes = figure_style.new_figure(2)
    axes[0].plot([1, 2], [3, 4], label="a line")
    figure_style.legend_below(figure, axes[0])
    figure.draw_without_rendering()
    (legend,) = figure.legends
    panels = min(axis.get_tightbbox().y0 for axis in axes)
    assert legend.get_window_extent().y1 <= panels
