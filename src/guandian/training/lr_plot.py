"""The picture of a range test: the loss over the learning rate."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from guandian.display.plots import Kind, PlotWords, picture, plain_axes
from guandian.training.lr_finder import RangeTest
from guandian.wording import term

_INK, _LINE, _MARK, _BAD = "#333333", "#1f5f99", "#c2571a", "#b03030"
_HEADROOM = 1.6


def draw_lr_curve(range_test: RangeTest, name: str, kind: Kind) -> bytes:
    """The picture as a file of that kind.

    Chinese labels stand beside the English ones where the machine has a font for them.

    Args:
        range_test: what is drawn.
        name: of the recipe, for the title.
        kind: of file.
    """

    def plot(figure: Figure, words: PlotWords) -> None:
        _plot(range_test, name, figure.add_subplot(), words)

    return picture(plot, name, kind, (7.2, 4.2))


def _plot(range_test: RangeTest, name: str, axes: Axes, words: PlotWords) -> None:
    axes.set_xscale("log")
    axes.scatter(range_test.rates, range_test.losses, s=9, color=_INK, alpha=0.3, linewidths=0)
    axes.plot(range_test.rates, range_test.smoothed, color=_LINE, linewidth=2)
    low, first = min(range_test.smoothed), range_test.smoothed[0]
    # What comes after the loss has diverged would press everything else to the floor.
    top = low + _HEADROOM * max(first - low, low)
    axes.set_ylim(max(0.0, low - 0.15 * (top - low)), top)
    axes.set_xlim(range_test.rates[0], range_test.rates[-1])
    marks = [
        (range_test.steepest, _MARK, "--", words(term("steepest descent"))),
        (range_test.diverged, _BAD, ":", words(term("divergence"))),
        (range_test.suggested, _MARK, "-", words(term("suggested"))),
    ]
    for rate, colour, style, label in marks:
        if rate is not None:
            axes.axvline(rate, color=colour, linestyle=style, linewidth=1.4, zorder=0,
                         label=f"{label} {rate:.1e}")  # fmt: skip
    if any(rate is not None for rate, *_ in marks):
        axes.legend(frameon=False, loc="upper left")
    axes.set_xlabel(words(term("learning rate of the encoder")))
    axes.set_ylabel(words(term("loss")))
    axes.set_title(f"{words.name(name)}: {words(term('learning-rate range test'))}", loc="left")
    plain_axes(axes)
