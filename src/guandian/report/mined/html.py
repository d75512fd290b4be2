"""The page: one HTML file with its style, script and data inside, that loads nothing."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import guandian
from guandian.report.mined.aggregate import Aggregate
from guandian.report.mined.payload import Names, PageOptions, payload

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
    from guandian.io.atomic import AtomicFile, telling

    file = AtomicFile(path, overwrite=overwrite)
    try:
        with telling(path):
            file.file.write(html.encode("utf-8", "replace"))
    except BaseException:
        file.discard()
        raise
    file.commit()


def embed(data: Mapping[str, Any]) -> str:
    """Put the data of `payload` into the page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    style, script = _part("page.css"), _part("page.js")
    environment = Environment(
        loader=FileSystemLoader(_PARTS), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("page.html.j2").render(
        data=_well_formed(data),
        words=json.loads(_part("words.json")),
        style=Markup(style),  # noqa: S704  our own file
        script=Markup(script),  # noqa: S704  our own file
        style_hash=_hash(style),
        script_hash=_hash(script),
        version=guandian.__version__,
    )


def _well_formed(value: Any) -> Any:
    """The data with lone surrogates, which no encoding of the page could hold, replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_well_formed(key): _well_formed(each) for key, each in value.items()}
    return [_well_formed(each) for each in value] if isinstance(value, list | tuple) else value


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()
