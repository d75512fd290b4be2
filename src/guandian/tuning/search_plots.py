"""The pictures of a search: how it went, and which parameters mattered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from guandian.display.plots import Kind, PlotWords, picture
from guandian.io.atomic import write_whole
from guandian.tuning.study import TrialRow
from guandian.tuning.trial_log import Found
from guandian.wording import term

_INK, _LINE, _MARK, _BAD, _PALE = "#333333", "#1f5f99", "#c2571a", "#b03030", "#8aa4bd"
_KINDS: tuple[Kind, ...] = ("png", "svg")
_HISTORY, _IMPORTANCE = "history", "importance"
PICTURES = tuple(f"{name}.{kind}" for name in (_HISTORY, _IMPORTANCE) for kind in _KINDS)
_WIDTH, _HEIGHT = 7.2, 4.2  # inches


def draw_search(result: Found, folder: Path) -> list[Path]:
    """Draw history and importance, PNG and SVG each.

    Returns:
        The files; without the importance where no parameter says more than chance, an earlier
        picture of which is removed.
    """
    plots: dict[str, tuple[Callable[[Figure, PlotWords], None], float]] = {
        _HISTORY: (lambda figure, words: _history(result, figure.add_subplot(), words), _HEIGHT)
    }
    if result.importance:
        plots[_IMPORTANCE] = (
            lambda figure, words: _importance(result, figure.add_subplot(), words),
            1.3 + 0.34 * len(result.importance),
        )
    else:
        for kind in _KINDS:
            (folder / f"importance.{kind}").unlink(missing_ok=True)
    written = []
    for name, (plot, height) in plots.items():
        for kind in _KINDS:
            file = folder / f"{name}.{kind}"
            write_whole(file, picture(plot, result.name, kind, (_WIDTH, height)), overwrite=True)
            written.append(file)
    return sorted(written)


def _history(result: Found, axes: Axes, words: PlotWords) -> None:
    complete = [row for row in result.rows if row.state == "complete"]
    pruned = [row for row in result.rows if row.state == "pruned" and row.score is not None]
    failed = [row.number for row in result.rows if row.state == "failed"]
    if pruned:
        axes.scatter(*_points(pruned), s=26, facecolors="none", edgecolors=_PALE,
                     label=words(term("stopped early")))  # fmt: skip
    axes.scatter(*_points(complete), s=26, color=_INK, label=words(term("complete")))
    if failed:
        # At the lower edge, whatever the scores are.
        edge = axes.get_xaxis_transform()
        axes.scatter(failed, [0.02] * len(failed), marker="x", s=26, color=_BAD,
                     transform=edge, label=words(term("failed")))  # fmt: skip
    best = [max(100 * (r.score or 0.0) for r in complete[: k + 1]) for k in range(len(complete))]
    last = max(row.number for row in result.rows)
    axes.step([row.number for row in complete] + [last], [*best, best[-1]], where="post",
              color=_LINE, linewidth=2, label=words(term("best so far")))  # fmt: skip
    if result.first is not None:
        axes.axhline(100 * (result.first.score or 0.0), color=_MARK, linestyle="--", linewidth=1.2,
                     zorder=0, label=words(term("the recipe itself")))  # fmt: skip
    axes.set_xlabel(words(term("trial")))
    axes.set_ylabel(words(term("score on dev")))
    axes.set_title(f"{words.name(result.name)}: {words(term('the search'))}", loc="left")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    axes.grid(visible=True, axis="y", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)


def _points(rows: Sequence[TrialRow]) -> tuple[list[int], list[float]]:
    return [row.number for row in rows], [100 * (row.score or 0.0) for row in rows]


def _importance(result: Found, axes: Axes, words: PlotWords) -> None:
    names = list(result.importance)[::-1]
    shares = [100 * result.importance[name] for name in names]
    axes.barh(range(len(names)), shares, color=_LINE, height=0.6)
    for bar, share in enumerate(shares):
        axes.text(share, bar, f" {share:.0f}", va="center", color=_INK)
    axes.set_yticks(range(len(names)), map(words.name, names))
    axes.set_xlim(0, 1.12 * max(shares))
    axes.set_xlabel(words(term("share, %")))
    complete = sum(row.state == "complete" for row in result.rows)
    title = words(term("importance in {complete} complete trials", complete=complete))
    axes.set_title(f"{words.name(result.name)}: {title}", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
