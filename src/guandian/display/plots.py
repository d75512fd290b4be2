"""Pictures of trainings: one look, the same bytes for the same figures, Chinese where it can be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from guandian.wording import Name

Kind = Literal["png", "svg"]

_HAN = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC", "SimHei",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlotWords:
    """Words that can be written on a picture: Chinese only where the machine has a font."""

    chinese: bool

    def __call__(self, name: Name) -> str:
        """A name in the language that is wanted; in English where no font has Chinese."""
        return str(name) if self.chinese else name.en

    def name(self, text: str) -> str:
        """A name from a file: no formula in it, and a mark for what has no glyph."""
        glyphs = (character if self._has(character) else "?" for character in text)
        return "".join(glyphs).replace("$", r"\$")

    def _has(self, character: str) -> bool:
        latin = character.isascii() and character.isprintable()
        return latin or (self.chinese and "\u4e00" <= character <= "\u9fff")


def picture(
    plot: Callable[[Figure, PlotWords], None], name: str, kind: Kind, size: tuple[float, float]
) -> bytes:
    """Draw a picture as a file of that kind.

    Args:
        plot: draws on the figure that it is given.
        name: of what is drawn; the same name and figures give the same bytes.
        kind: of file.
        size: in inches, width and height.
    """
    families = font_families()
    style: Any = {
        "font.family": families,
        "font.size": 10,
        "svg.hashsalt": name,  # else the same picture has other bytes each time
    }
    with rc_context(style):
        figure = Figure(figsize=size, dpi=160, layout="constrained")
        FigureCanvasAgg(figure)
        plot(figure, PlotWords(chinese=len(families) > 1))
        page = BytesIO()
        figure.savefig(page, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return page.getvalue()


def font_families() -> list[str]:
    """DejaVu Sans, which matplotlib brings, behind a font with Chinese where there is one."""
    known = {font.name for font in fontManager.ttflist}
    return [*[font for font in _HAN if font in known][:1], "DejaVu Sans"]


def plain_axes(axes: Axes) -> None:
    """The look that all plots share."""
    axes.grid(visible=True, which="major", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
