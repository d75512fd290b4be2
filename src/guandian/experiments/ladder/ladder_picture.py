"""Quality against speed against size, a mark a rung; needs matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guandian.display.plots import Kind, PlotWords, picture, plain_axes
from guandian.experiments.ladder.standings import MODEL, RungStanding, Standings
from guandian.export.parity import POOLED_LOSS
from guandian.wording import term

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (8.4, 4.6)
_PROVEN, _DOUBT, _LOST, _ITSELF = "#0f766e", "#a16207", "#b91c1c", "#1d2530"
_AREA = 9.0
"""Square points of a mark for each MB."""


def draw_ladder(standings: Standings, kind: Kind) -> bytes:
    """Draw every rung at its speed and tuple F1, with its interval; a mark's area is its MB.

    Args:
        standings: what to draw.
        kind: of file.
    """

    def plot(figure: Figure, words: PlotWords) -> None:
        axes = figure.subplots()
        best = standings.model.pooled.reference
        axes.axhline(100 * best, color=_ITSELF, linewidth=0.7)
        axes.axhline(100 * (best - POOLED_LOSS), color=_ITSELF, linewidth=0.7, linestyle=":")
        for row in standings.rows:
            _mark(axes, row, standings, words)
        axes.set_xlabel(words(term("reviews a second, one thread")))
        axes.set_ylabel(words(term("tuple F1, all dev sets, %")))
        axes.set_title(words.name(standings.of), loc="left", fontsize=10)
        axes.margins(x=0.12, y=0.12)
        _legend(axes, words)
        plain_axes(axes)

    return picture(plot, standings.of, kind, _SIZE)


def _mark(axes: Axes, row: RungStanding, standings: Standings, words: PlotWords) -> None:
    change, best = row.pooled.change, standings.model.pooled.reference
    colour = _colour(row)
    if row.name != MODEL:
        ends = [100 * (best + change.low), 100 * (best + change.high)]
        axes.plot([row.rate, row.rate], ends, color=colour, linewidth=1.2)
    height = 100 * row.pooled.exported
    edge = _ITSELF if row is standings.pick else colour
    axes.scatter(
        [row.rate], [height], s=_AREA * row.megabytes, color=colour, alpha=0.45,
        edgecolors=edge, linewidths=1.8 if row is standings.pick else 0.6,
    )  # fmt: skip
    label = f"{words.name(row.name)}  {row.megabytes:.0f} MB"
    axes.annotate(label, (row.rate, height), xytext=(7, 5), textcoords="offset points", fontsize=7)


def _colour(row: RungStanding) -> str:
    if row.name == MODEL:
        return _ITSELF
    return _PROVEN if row.proven else _DOUBT if row.passed else _LOST


def _legend(axes: Axes, words: PlotWords) -> None:
    for colour, name in (
        (_ITSELF, words(term("the model"))),
        (_PROVEN, words(term("proven", sense="no worse"))),
        (_DOUBT, words(term("in doubt"))),
        (_LOST, words(term("surely worse"))),
    ):
        axes.scatter([], [], color=colour, label=name)
    axes.legend(frameon=False, fontsize=7, loc="lower left")
