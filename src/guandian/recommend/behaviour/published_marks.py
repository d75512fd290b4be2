"""The published form of phone ratings with marks of aspects: rows of numbers, names beside."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np

from guandian.errors import BadRow, GuandianError
from guandian.recommend.behaviour.actions import KINDS, Behaviour
from guandian.recommend.opinions.aspect_marks import AspectMarks

ENDING = ".entry"


def read_entries(path: Path) -> tuple[Behaviour, dict[str, str]]:
    """The ratings of a `NAME_train.entry`, and titles of items where the maps name them.

    Args:
        path: rows `user,item,stars,aspect:polarity aspect:polarity ...`, all by number; beside it
            `NAME.usermap`, `NAME.itemmap` and `NAME.featuremap` give the names.

    Raises:
        BadRow: a row that cannot be read.
        GuandianError: a map is missing or unreadable.
    """
    stem = path.name.removesuffix(ENDING).removesuffix("_train").removesuffix("_test")
    users = _names(path.with_name(f"{stem}.usermap"), lambda name: name)
    things = _names(path.with_name(f"{stem}.itemmap"), lambda name: name)
    aspects = _names(path.with_name(f"{stem}.featuremap"), lambda name: name.partition("=")[0])
    rows: list[tuple[int, int, float]] = []
    marks: list[tuple[int, int, int]] = []
    for number, line in enumerate(_lines(path), start=1):
        try:
            user, item, stars, said = line.split(",", 3)
            rows.append((int(user), int(item), float(stars)))
            for mark in said.split():
                aspect, _, sign = mark.partition(":")
                marks.append((len(rows) - 1, int(aspect), int(sign)))
            if int(user) >= len(users) or int(item) >= len(things):
                raise BadRow(str(path), number, "", "the maps beside it have no such number")
        except ValueError:
            raise BadRow(str(path), number, "", "not user,item,stars,marks") from None
    titles = dict(thing.partition("=")[::2] for thing in things)
    made = np.array(marks, dtype=np.int64).reshape(-1, 3)
    table = np.array(rows, dtype=np.float64).reshape(-1, 3)
    behaviour = Behaviour(
        tuple(users),
        tuple(thing.partition("=")[0] for thing in things),
        table[:, 0].astype(np.int32),
        table[:, 1].astype(np.int32),
        np.full(len(rows), KINDS.index("review"), dtype=np.int8),
        table[:, 2].astype(np.float32),
        np.full(len(rows), np.nan),
        AspectMarks(tuple(aspects), made[:, 0], made[:, 1].astype(np.int32),
                    np.sign(made[:, 2]).astype(np.int8)),
    )  # fmt: skip
    return behaviour, {item: unescape(title) for item, title in titles.items() if title}


def _names(path: Path, read: Callable[[str], str]) -> list[str]:
    """Names in the order of their numbers; a number that is left out has its number for a name."""
    names: dict[int, str] = {}
    for line in _lines(path):
        number, equals, name = line.partition("=")
        if equals and number.isdecimal():
            names[int(number)] = read(name)
    if not names:
        raise GuandianError(f"{path} names nothing", "put the maps of the set beside its rows")
    return [names.get(k, str(k)) for k in range(max(names) + 1)]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", errors="replace").splitlines()
    except OSError as error:
        raise GuandianError(
            f"cannot read {path}: {error.strerror}", "put the maps of the set beside its rows"
        ) from error
