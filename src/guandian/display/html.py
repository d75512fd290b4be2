"""HTML from templates: every value of a view is escaped, and one that is missing is an error.

Their words are those of the catalogue, which `say("words")` and `term("words")` look up there too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from guandian.display.shares import percent, signed
from guandian.wording import say, term, wanted


def render_html(template: str, view: Mapping[str, Any], folders: Sequence[Path]) -> str:
    """A template with its values; markup that is to stay one is `markupsafe.Markup`.

    Args:
        template: a file's name.
        view: every value that the template reads.
        folders: where the template and those that it includes lie.

    Raises:
        jinja2.UndefinedError: the template reads a value that is not there.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"pct": percent, "gain": signed}
    environment.globals |= {"say": say, "term": term, "wanted": wanted}
    return environment.get_template(template).render(view)
