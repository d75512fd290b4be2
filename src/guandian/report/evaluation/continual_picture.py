"""Domains learned one after another, as a picture; needs matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guandian.display.plots import Kind, PlotWords, picture, plain_axes
from guandian.evaluation.domains.forgetting import ContinualComparison, MethodSummary
from guandian.wording import term

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDE, _HIGH, _ACROSS = 2.9, 2.5, 4
_COLOURS = ("#0f766e", "#c2410c", "#1d4ed8", "#a16207", "#7e22ce", "#475569")


def draw_comparison(comparison: ContinualComparison, kind: Kind) -> bytes:
    """Draw a field a method: the score of each domain after each stage, from when it was learned.

    The last field has the averages after the last domain, with their intervals.

    Args:
        comparison: what to draw.
        kind: of file.
    """
    fields = len(comparison.methods) + 1
    across = min(_ACROSS, fields)
    down = -(-fields // across)

    def plot(figure: Figure, words: PlotWords) -> None:
        grid = figure.subplots(down, across, squeeze=False)
        axes = [cell for line in grid for cell in line]
        for cell, row in zip(axes, comparison.methods, strict=False):
            _stages(cell, comparison, row, words)
        _averages(axes[len(comparison.methods)], comparison, words)
        for empty in axes[fields:]:
            empty.set_axis_off()
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=len(labels), frameon=False,
            fontsize=8,
        )  # fmt: skip

    return picture(plot, comparison.title, kind, (_WIDE * across, _HIGH * down + 0.4))


def _stages(
    axes: Axes, comparison: ContinualComparison, row: MethodSummary, words: PlotWords
) -> None:
    """A line a domain; before it was learned it is thin."""
    stages = range(len(comparison.domains))
    for number, domain in enumerate(comparison.domains):
        values = [(stage, row.cell(stage, number)) for stage in stages]
        points = [(stage + 1, 100 * value) for stage, value in values if value is not None]
        colour = _COLOURS[number % len(_COLOURS)]
        earlier = [point for point in points if point[0] <= number + 1]
        since = [point for point in points if point[0] > number]
        axes.plot(*zip(*earlier, strict=True) if earlier else ([], []), color=colour,
                  linewidth=0.7, linestyle=":")  # fmt: skip
        axes.plot(*zip(*since, strict=True) if since else ([], []), color=colour, linewidth=1.6,
                  marker="o", markersize=3, label=words.name(domain))  # fmt: skip
    axes.set_title(row.method, loc="left", fontsize=9)
    axes.set_xlim(0.8, len(comparison.domains) + 0.2)
    axes.set_xticks([stage + 1 for stage in stages])
    axes.set_ylim(0, 100 * _highest(comparison))
    plain_axes(axes)


def _averages(axes: Axes, comparison: ContinualComparison, words: PlotWords) -> None:
    """A bar a method with its interval over the seeds."""
    names = [row.method for row in comparison.methods]
    values = [100 * row.average.value for row in comparison.methods]
    axes.barh(range(len(names)), values, color="#99d5cc")
    for number, row in enumerate(comparison.methods):
        if row.average.level:
            ends = [100 * row.average.low, 100 * row.average.high]
            axes.plot(ends, [number, number], color="#1d2530", linewidth=1.4)
    axes.set_yticks(range(len(names)), names, fontsize=7)
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_title(words(term("average at the end")), loc="left", fontsize=9)
    plain_axes(axes)


def _highest(comparison: ContinualComparison) -> float:
    scores = [
        score
        for row in comparison.methods
        for run in row.runs
        for scores_then in run.rows.values()
        for score in scores_then
    ]
    return min(1.0, 1.1 * max(scores, default=1.0)) or 1.0
