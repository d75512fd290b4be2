"""A matrix of scores as a picture; needs matplotlib, which the extra `train` brings."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from guandian.evaluation.domains.transfer_matrix import Matrix

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

_INCHES = 0.95
_BRIGHT = 0.5
_LONGEST = 24
_WORDS = {"leave-one-out": "learned from all domains but", "pairs": "learned from"}
_FIGURES = {
    "quad": "quad F1",
    "triplet": "triplet F1",
    "pair": "pair F1",
    "entities": "entity F1",
    "sentiment": "accuracy",
}


def draw_heatmap(matrix: Matrix, path: Path) -> list[Path]:
    """Draw a heat map with each figure and its interval; unseen domains are framed.

    Chinese names are written in pinyin where no font here has Chinese characters.

    Args:
        matrix: what to draw.
        path: of the pictures, without an ending.

    Returns:
        The PNG and the SVG.
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from guandian.display.plots import font_families

    fonts = font_families()
    size = (_INCHES * len(matrix.columns) + 3, 0.7 * _INCHES * len(matrix.rows) + 2.2)
    style: Any = {"font.family": fonts, "svg.hashsalt": matrix.title, "text.parse_math": False}
    written = [path.with_name(f"{path.name}{ending}") for ending in (".png", ".svg")]
    with mpl.rc_context(style), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure = Figure(size, layout="constrained")
        FigureCanvasAgg(figure)
        _fill(figure, matrix, chinese=len(fonts) > 1)
        for file in written:
            # Without a date the same matrix gives the same bytes.
            undated = {"Date": None} if file.suffix == ".svg" else {}
            figure.savefig(file, dpi=150, metadata=undated)
    return written


def _fill(figure: Figure, matrix: Matrix, *, chinese: bool) -> None:
    axes = figure.add_subplot()
    values = np.array(
        [[matrix.cells[r, c].interval.value for c in matrix.columns] for r in matrix.rows]
    )
    image = axes.imshow(values, cmap="viridis", aspect="auto")
    colours = np.asarray(image.cmap(image.norm(values)))
    bright = colours[..., :3] @ np.array([0.3, 0.6, 0.1]) > _BRIGHT
    measures = sorted({_FIGURES[cell.measure] for cell in matrix.cells.values()})
    figure.colorbar(image, label=" / ".join(measures))
    columns, rows = ([_label(n, chinese=chinese) for n in m] for m in (matrix.columns, matrix.rows))
    axes.set_xticks(range(len(columns)), columns, rotation=35, ha="right")
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xlabel("scored on")
    axes.set_ylabel(_WORDS[matrix.kind])
    axes.set_title(f"{matrix.title}\nframed: nothing was learned from that domain")
    for (row, column), cell in matrix.cells.items():
        x, y = matrix.columns.index(column), matrix.rows.index(row)
        figures = cell.interval
        axes.text(
            x, y, f"{figures.value:.3f}\n{figures.low:.3f}-{figures.high:.3f}",
            ha="center", va="center", fontsize=7,
            color="black" if bright[y, x] else "white",
        )  # fmt: skip
        if cell.unseen:
            axes.add_patch(_frame(x, y))


def _frame(x: int, y: int) -> Rectangle:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, fill=False, edgecolor="red", linewidth=1.5)


def _label(name: str, *, chinese: bool) -> str:
    from pypinyin import lazy_pinyin

    shown = "".join(character for character in name if character.isprintable())
    shown = shown if chinese else "".join(lazy_pinyin(shown))
    return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
