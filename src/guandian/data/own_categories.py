"""Somebody's own categories over a model's: renamed, ordered, put together, hidden."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from guandian.data.taxonomy import taxonomy
from guandian.domain import Labelled
from guandian.errors import GuandianError

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_LONGEST = 60
"""Characters of a name."""


@dataclass(frozen=True, slots=True)
class OwnCategory:
    """A category as its owner wants to see it.

    Attributes:
        key: a category of the model, or one of the owner's own.
        zh, en: what people call it.
        members: the model's categories whose opinions stand under it, at least one.
        hidden: whether it is left out where categories are listed; it counts in all other numbers.
    """

    key: str
    zh: str
    en: str
    members: tuple[str, ...]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class OwnCategories:
    """Categories in the order in which their owner wants to see them; empty is as models have them.

    What is stored stays: the model's category is told under another key when it is read.
    """

    rows: tuple[OwnCategory, ...] = ()

    @classmethod
    def of(cls, rows: Iterable[OwnCategory], known: Iterable[str]) -> OwnCategories:
        """Categories that somebody wants.

        Args:
            rows: in their order.
            known: categories of models, which alone can be members.

        Raises:
            GuandianError: a key or name is none, or a category stands in no row or in two.
        """
        wanted, names = tuple(rows), set(known)
        keys, members = set[str](), set[str]()
        for row in wanted:
            _check(row, names)
            if row.key in keys:
                raise GuandianError(
                    f"two categories are called {row.key!r}", "give one another key"
                )
            if twice := members.intersection(row.members):
                raise GuandianError(
                    f"{min(twice)!r} is a member of two categories", "leave it in one of them"
                )
            keys.add(row.key)
            members.update(row.members)
        return cls(wanted)

    @property
    def groups(self) -> dict[str, str]:
        """The key under which a model's category is told, of those that are told otherwise."""
        pairs = ((member, row.key) for row in self.rows for member in row.members)
        return {member: key for member, key in pairs if member != key}

    @property
    def names(self) -> dict[str, tuple[str, str]]:
        """The Chinese and the English name of each."""
        return {row.key: (row.zh, row.en) for row in self.rows}

    @property
    def hidden(self) -> frozenset[str]:
        """The keys that are not listed."""
        return frozenset(row.key for row in self.rows if row.hidden)

    def completed(self, known: Mapping[str, tuple[str, str]]) -> OwnCategories:
        """The same with the categories that nobody said anything of, behind the others.

        Args:
            known: their names by key.
        """
        covered = {member for row in self.rows for member in row.members}
        more = (
            OwnCategory(key, *names, (key,)) for key, names in known.items() if key not in covered
        )
        return OwnCategories((*self.rows, *more))

    def relabelled(self, record: Labelled) -> Labelled:
        """A labelled review with these categories in place of the model's."""
        groups = self.groups
        quads = (
            replace(quad, category=groups.get(quad.category or "", quad.category))
            for quad in record.quads or ()
        )
        # Two categories may become one: a pair that stood in both is then said once.
        return replace(record, quads=None if record.quads is None else tuple(dict.fromkeys(quads)))

    def as_toml(self) -> str:
        """The file of a taxonomy, as `guandian/data/taxonomy.toml` is one."""
        shipped, tables = taxonomy(), []
        for row in self.rows:
            known = [shipped[member] for member in row.members if member in shipped]
            texts = {
                "zh": row.zh,
                "en": row.en,
                "definition_zh": "".join(category.definition_zh for category in known),
                "definition_en": " ".join(category.definition_en for category in known),
            }
            lines = [f"{name} = {_quoted(text)}" for name, text in texts.items()]
            head = [f"# {', '.join(row.members)}", f"[{_quoted(row.key)}]"]
            tables.append("\n".join([*head, *lines]))
        return "\n\n".join(tables) + "\n"

    def as_json(self) -> list[dict[str, Any]]:
        """Plain JSON, as settings keep it."""
        return [asdict(row) for row in self.rows]

    @classmethod
    def from_json(cls, value: Any) -> OwnCategories:
        """What `as_json` gave; None is the model's own."""
        rows = (OwnCategory(**row | {"members": tuple(row["members"])}) for row in value or ())
        return cls(tuple(rows))


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # as a basic string of TOML too


def _check(row: OwnCategory, known: set[str]) -> None:
    if row.key not in known and not _KEY.fullmatch(row.key):
        raise GuandianError(
            f"{row.key!r} is no key of a category",
            "name it by small letters, digits, - and _, a letter first, 64 at most",
        )
    if row.key in known and row.key not in row.members:
        raise GuandianError(
            f"{row.key!r} is a category of the model and not among its own members",
            "put it among them, or choose another key",
        )
    if strange := [member for member in row.members if member not in known]:
        raise GuandianError(
            f"the model has no category {strange[0]!r}", f"it has: {', '.join(sorted(known))}"
        )
    if not row.members or len(set(row.members)) < len(row.members):
        raise GuandianError(
            f"the category {row.key!r} has no member, or one twice", "name each once, at least one"
        )
    for name in (row.zh, row.en):
        if not name.strip() or len(name) > _LONGEST or not name.isprintable():
            raise GuandianError(
                f"{name[:_LONGEST]!r} is no name of a category",
                f"write it on one line, in {_LONGEST} characters at most",
            )
