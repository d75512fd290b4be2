"""The curves of a run: the loss of each head and the dev scores, as pictures and as a page."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from guandian.display.html import render_html
from guandian.display.plots import Kind, PlotWords, picture, plain_axes
from guandian.io.atomic import write_whole
from guandian.tracking.history import History, TrainingHistory, metrics_table, read_history
from guandian.tracking.run_folder import CURVES, METRICS
from guandian.wording import term

_COLOURS = (
    "#1f5f99", "#c2571a", "#2a7f62", "#7a4f9a", "#b03030", "#8a6d1f", "#3d8f9e", "#555555",
)  # fmt: skip
_STYLES = ("-", "--", ":", "-.")
_MAIN = "#1d2530"
_WIDTH, _HEIGHT = 9.6, 3.7
_PER_TRAINING = 2


def leave_curves(folder: Path, name: str) -> None:
    """Write the metrics by epoch and the curves into a run's folder, from its log.

    Args:
        folder: of the run; files of an earlier look are replaced.
        name: of the recipe, for the titles.
    """
    history = read_history(folder)
    write_whole(folder / METRICS, metrics_table(history).encode(), overwrite=True)
    png, svg, page = CURVES
    drawn = draw_curves(history, name, "svg")
    write_whole(folder / png, draw_curves(history, name, "png"), overwrite=True)
    write_whole(folder / svg, drawn, overwrite=True)
    write_whole(folder / page, curves_page(history, name, drawn).encode(), overwrite=True)


def draw_curves(history: History, name: str, kind: Kind) -> bytes:
    """Losses beside dev scores, a row for each training of the run."""
    rows = [training for training in history.trainings if training.stepped or training.scored] or [
        TrainingHistory("", 1.0)
    ]

    def plot(figure: Figure, words: PlotWords) -> None:
        grid = figure.subplots(len(rows), _PER_TRAINING, squeeze=False)
        for (left, right), training in zip(grid, rows, strict=True):
            title = words.name(f"{name}: {training.stage}" if training.stage else name)
            _losses(left, training, words)
            left.set_title(f"{title}: {words(term('loss by head'))}", loc="left")
            _scores(right, training, words)
            right.set_title(words(term("dev scores")), loc="left")

    return picture(plot, name, kind, (_WIDTH, _HEIGHT * len(rows)))


def curves_page(history: History, name: str, svg: bytes) -> str:
    """The curves and the metrics by epoch as one self-contained HTML page."""
    columns = [*zip(*csv.reader(io.StringIO(metrics_table(history))), strict=True)]
    filled = [column for column in columns if any(column[1:])] or columns
    header, *rows = zip(*filled, strict=True)
    drawn = svg.decode("utf-8")
    view = {
        "name": name,
        "history": history,
        "header": header,
        "rows": [[_rounded(*cell) for cell in zip(header, row, strict=True)] for row in rows],
        "svg": Markup(drawn[drawn.index("<svg") :]),  # noqa: S704  our own drawing, its texts paths
    }
    return render_html("curves.html.j2", view, [Path(__file__).parent])


def _rounded(column: str, cell: str) -> str:
    """A figure as people read it; metrics.csv has all of it."""
    return f"{float(cell):.4g}" if "." in cell and column != "stage" else cell


def _losses(axes: Axes, training: TrainingHistory, words: PlotWords) -> None:
    for index, head in enumerate(training.heads()):
        steps, values = zip(*training.losses(head), strict=True)
        _line(axes, steps, values, index, words.name(head))
    axes.set_xlabel(words(term("step")))
    axes.set_ylabel(words(term("loss")))
    _finish(axes)


def _scores(axes: Axes, training: TrainingHistory, words: PlotWords) -> None:
    scored = sorted(training.scored.items())
    names = dict.fromkeys(name for _, row in scored for name in row["scores"])
    for index, name in enumerate(names):
        points = [
            (step, 100 * row["scores"][name]) for step, row in scored if name in row["scores"]
        ]
        steps, values = zip(*points, strict=True)
        _line(axes, steps, values, index, words.name(name))
    if training.best is not None:
        means = [(step, 100 * row["mean"]) for step, row in scored]
        steps, values = zip(*means, strict=True)
        main = words(term("chosen by"))
        axes.plot(steps, values, color=_MAIN, linewidth=2.2, marker="o", markersize=3, label=main)
        step, best = training.best
        axes.annotate(f"{100 * best:.1f}", (step, 100 * best), (0, 6),
                      textcoords="offset points", ha="center", color=_MAIN)  # fmt: skip
    axes.set_xlabel(words(term("step")))
    axes.set_ylabel("%")
    axes.margins(y=0.12)
    _finish(axes)


def _line(
    axes: Axes, steps: tuple[int, ...], values: tuple[float, ...], index: int, name: str
) -> None:
    axes.plot(
        steps,
        values,
        color=_COLOURS[index % len(_COLOURS)],
        linestyle=_STYLES[index // len(_COLOURS) % len(_STYLES)],
        linewidth=1.4,
        marker="o" if len(steps) == 1 else None,
        markersize=3,
        label=name,
    )


def _finish(axes: Axes) -> None:
    plain_axes(axes)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))  # there is no half a step
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            frameon=False, fontsize=7, ncols=4, loc="upper left", bbox_to_anchor=(0, -0.17),
            borderaxespad=0,
        )  # fmt: skip
