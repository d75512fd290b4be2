"""One table names what labels are called, wherever they are shown."""

from __future__ import annotations

import re
from pathlib import Path

import guandian
from guandian.display.names import ENTITY_NAMES, POLARITY_NAMES, label_name
from guandian.domain import Polarity
from guandian.tasks.head_spec import ENTITY_TYPES

NAMED = re.compile(r"""["']positive["']: *\W*正面["']|POSITIVE[^\n]*正面""")


def test_every_label_has_its_names() -> None:
    assert set(POLARITY_NAMES) == set(Polarity)
    assert set(ENTITY_NAMES) == set(ENTITY_TYPES)
    assert label_name("negative") == ("负面", "negative")
    assert label_name("screen", {"screen": ("屏幕", "Screen")}) == ("屏幕", "Screen")
    assert label_name("other") == ("", "other")


def test_no_other_file_names_the_polarities() -> None:
    folder = Path(guandian.__file__).parent
    tables = [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix in (".py", ".json", ".j2", ".js") and NAMED.search(path.read_text("utf-8"))
    ]
    assert tables == ["wording/words.zh.json"]
