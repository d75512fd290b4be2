"""What a line of help offers to choose from is what its command takes, no more and no less."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from guandian.cli.main import COMMANDS, load_command
from guandian.data.augmentation import KINDS
from guandian.files.columns.choice import ROLES
from guandian.files.output.writing import _SINKS
from guandian.labelling import TOOLS
from guandian.store.records.api_keys import Scope
from guandian.tracking.trackers import _TRACKERS
from guandian.vectors.setting_values import settings_of

_NAME = r"[a-z][a-z0-9_]*(?:-[a-z]+)*"
# Of a format with several endings (.jsonl, .ndjson) help names the first.
_ENDINGS = [*{make: name for name, make in reversed(_SINKS.items())}.values()]


def help_of(command: str, option: str) -> str:
    """The English help of an option of `data convert`, `mine`, ..."""
    name, *of = command.split()
    loaded = load_command(name, COMMANDS[name])
    loaded = loaded.commands[of[0]] if of else loaded
    return next(str(p.help) for p in loaded.params if option in p.opts)


@pytest.mark.parametrize(
    ("command", "option", "pattern", "taken"),
    [
        ("data convert", "--to", r"One of: (.*)\.", [n for n, tool in TOOLS.items() if tool.write]),
        ("data agree", "--from", r"One of: (.*)\.", TOOLS),
        ("data augment", "--kind", r"repeated: (.*)\.", [*KINDS, "translate", "paraphrase"]),
        ("mine", "--columns", r"columns: (.*?);", ROLES),
        ("vectorise", "--columns", r"columns: (.*?);", ("text", "id")),
        ("mine", "--out", r"output: (.*)\.", _ENDINGS),
        ("store export", "--out", r"(.*)\.", _ENDINGS),
        ("train", "--track", r"losses and scores to (.*) besides", _TRACKERS),
        ("keys create", "--scope", r"(.*); may", [str(scope) for scope in Scope]),
    ],
)
def test_help_offers_what_is_taken(
    command: str, option: str, pattern: str, taken: Iterable[str]
) -> None:
    offered = re.search(pattern, help_of(command, option))
    assert offered is not None
    words = re.findall(rf"\.?{_NAME}", re.sub(r"\b(?:or|one|alone)\b", "", offered[1]))
    assert sorted(words) == sorted(taken)


def test_help_offers_each_kind_of_vectors_its_settings() -> None:
    _, _, settings = help_of("vectorise", "--set").partition("; ")
    offered: dict[str, set[str]] = {}
    for line in re.sub(r"\(.*?\)", "", settings).split(";"):
        kinds, _, names = line.partition(":")
        for kind in re.findall(_NAME, kinds):
            offered.setdefault(kind, set()).update(re.findall(_NAME, names))
    assert offered == {kind: {*settings_of(kind)} for kind in offered}
    assert {*offered} == {"words", "tfidf", "word2vec", "glove", "encoder"}
