"""Templates escape, and say so when a value is missing."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from guandian.display.html import render_html
from guandian.display.shares import percent, signed


def test_values_are_escaped_and_includes_found(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "part.j2").write_text("{% macro b(x) %}<b>{{ x | pct }}</b>{% endmacro %}")
    (tmp_path / "page.j2").write_text(
        '{% from "part.j2" import b %}\n{% if text %}\n{{ text }} {{ b(0.5) }} {{ 0.1 | gain }}\n'
        "{% endif %}\n"
    )
    shown = render_html("page.j2", {"text": "<i>&"}, [tmp_path, inner])
    assert shown == "&lt;i&gt;&amp; <b>50.0</b> +10.0\n"


def test_a_missing_value_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "page.j2").write_text("{{ absent }}")
    with pytest.raises(jinja2.UndefinedError, match="absent"):
        render_html("page.j2", {}, [tmp_path])


def test_figures() -> None:
    assert signed(-0.0001) == "+0.0"  # nought has no sign
    assert (percent(0.125), percent(0.125, 0), signed(-0.05)) == ("12.5", "12", "\u22125.0")
