"""The page: one HTML file with its style, script and data inside, that loads nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import guandian
from guandian.display.html import render_html
from guandian.display.names import POLARITY_NAMES, Names
from guandian.io.atomic import write_text_whole
from guandian.report.mined.aggregate import Aggregate
from guandian.report.mined.payload import PageOptions, payload

_PARTS = Path(__file__).parent / "page"


def page(total: Aggregate, names: Names, options: PageOptions | None = None) -> str:
    """The report as a self-contained HTML page.

    Review text is data on the page, never markup: it is embedded as escaped JSON, shown through
    text nodes, and the page's content security policy lets no other script run and nothing load.
    """
    return embed(payload(total, names, options))


def write_page(html: str, path: Path, *, overwrite: bool = False) -> None:
    """Write a page, whole or not at all.

    Raises:
        GuandianError: when `path` exists and may not be replaced, or cannot be written.
    """
    write_text_whole(path, html, overwrite=overwrite)


def embed(data: Mapping[str, Any]) -> str:
    """Put the data of `payload` into the page."""
    from markupsafe import Markup

    style, script = _part("page.css"), _part("page.js")
    view = {
        "data": _well_formed(data),
        "words": page_words(),
        "style": Markup(style),  # noqa: S704  our own file
        "script": Markup(script),  # noqa: S704  our own file
        "style_hash": _hash(style),
        "script_hash": _hash(script),
        "version": guandian.__version__,
    }
    return render_html("page.html.j2", view, [_PARTS])


def page_words() -> dict[str, dict[str, str]]:
    """The words of the page by language, and in each by key."""
    words: dict[str, dict[str, str]] = json.loads(_part("words.json"))
    for polarity, name in POLARITY_NAMES.items():
        words["zh"][polarity], words["en"][polarity] = name.zh, name.en.capitalize()
    return words


def _well_formed(value: Any) -> Any:
    """The data with lone surrogates, which no encoding of the page could hold, replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_well_formed(key): _well_formed(part) for key, part in value.items()}
    return [_well_formed(part) for part in value] if isinstance(value, list | tuple) else value


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()
