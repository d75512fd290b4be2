from __future__ import annotations

from collections.abc import Callable

import pytest

from guandian.io.strict_json import list_items, read_json


@pytest.mark.parametrize("read", [read_json, lambda text: [*list_items(text)]])
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[" * 200_000, "nested too deeply"),
        ('{"a":' * 200_000, "nested too deeply"),
        (f"[{'9' * 5000}]", r"a number of more than 4,300 digits"),
    ],
)
def test_what_python_does_not_read_is_told_in_plain_words(
    read: Callable[[str], object], text: str, words: str
) -> None:
    text = text if text.startswith("[") else f"[{text}"
    with pytest.raises((ValueError, RecursionError), match=f"^{words}$"):
        read(text)
