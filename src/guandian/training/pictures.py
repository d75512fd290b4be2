"""A picture of one plot as a file, with Chinese words where the machine has a font for them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

_HAN = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC", "SimHei",
)  # fmt: skip

Words = Callable[[str, str], str]
"""Chinese and English words for one thing in, what the picture shows out."""


def drawn(
    plot: Callable[[Axes, Words], None],
    name: str,
    kind: Literal["png", "svg"],
    size: tuple[float, float] = (7.2, 4.2),
) -> bytes:
    """The picture as a file of that kind.

    Args:
        plot: draws on the axes.
        name: of what is drawn; the same picture of the same name has the same bytes.
        kind: of file.
        size: width and height in inches.
    """
    known = {font.name for font in fontManager.ttflist}
    han = next((font for font in _HAN if font in known), None)
    style: Any = {
        "font.family": [*([han] if han else []), "DejaVu Sans"],
        "font.size": 10,
        "svg.hashsalt": name,  # else the same picture has other bytes each time
        "text.parse_math": False,
    }
    with rc_context(style):
        figure = Figure(figsize=size, dpi=160, layout="constrained")
        FigureCanvasAgg(figure)
        plot(figure.add_subplot(), lambda zh, en: f"{zh} {en}" if han else en)
        page = BytesIO()
        figure.savefig(page, format=kind, metadata={"Date": None} if kind == "svg" else None)
    return page.getvalue()
