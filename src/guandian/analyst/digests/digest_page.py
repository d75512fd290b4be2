"""A summary as a page: one HTML file that loads nothing and runs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from guandian.analyst.digests.digest import Digest, KeyPoint
from guandian.display.html import render_html
from guandian.display.names import POLARITY_NAMES
from guandian.report.mined.figures import net_points, point_ends
from guandian.report.mined.single_review import shown
from guandian.wording import counted, say

_FOLDER = Path(__file__).parent


def digest_page(digest: Digest) -> str:
    """The page; texts of reviews are escaped wherever they stand."""
    whole = digest.overview
    net = "–" if whole.net is None else f"{net_points(whole.net.value)} ({point_ends(whole.net)})"
    numbers = [
        counted(whole.read, "reviews"),
        counted(whole.opinions, "opinions", sense="counted"),
        f"{say('net')} {net}",
    ]
    if whole.first and whole.last:
        numbers.append(f"{whole.first} … {whole.last}")
    view = {
        "title": say("Summary of the reviews"),
        "numbers": " · ".join(numbers),
        "points": [_point(point) for point in digest.points],
        "nothing": say("no point is shared by so many reviews"),
    }
    return render_html("digest.html.j2", view, [_FOLDER])


def _point(point: KeyPoint) -> dict[str, Any]:
    return {
        "side": str(point.polarity),
        "polarity": str(POLARITY_NAMES[point.polarity]),
        "sentence": shown(str(point.sentence)),
        "written": shown(point.written),
        "cited": ", ".join(shown(quote.review) for quote in point.cited),
        "quotes": [
            {
                "text": shown(quote.text),
                "place": f"{shown(quote.review)} {quote.span.start}–{quote.span.end}",
            }
            for quote in point.quotes
        ],
    }
