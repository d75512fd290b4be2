"""How people rename what is judged: names merged, split, changed, each of it to be undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, RowMapping, select, update

from guandian.errors import GuandianError
from guandian.store.records.audit_log import AuditLog
from guandian.store.records.change_marks import ChangeMarks
from guandian.store.records.database import Database
from guandian.store.records.key_text import random_letters
from guandian.store.records.record_tables import ASPECT_EDITS
from guandian.text.aspect_names import Synonyms, aspect_key


class AspectAction(StrEnum):
    """What is done with names of aspects."""

    MERGE = "merge"
    SPLIT = "split"
    RENAME = "rename"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class NewAspectEdit:
    """A change of names.

    Attributes:
        action: `merge`: the things of these names become one; `split`: these names leave their
            thing and become one of their own; `rename`: the thing of the only name is called
            otherwise; `apart`: these are several things, whatever they look like, and no name
            changes.
        names: what is changed, as people spell it.
        into: what the thing is called then; nothing where things are kept apart.
    """

    action: AspectAction
    names: tuple[str, ...]
    into: str


@dataclass(frozen=True, slots=True)
class AspectEdit:
    """A change as it is recorded.

    Attributes:
        id: such as `a_4fGh...`.
        tenant: for whom it counts.
        change: what was changed.
        who: the id of the key, or the person's name.
        made: when, in UTC.
        undone: since when it no longer counts, None while it does.
    """

    id: str
    tenant: str
    change: NewAspectEdit
    who: str
    made: datetime
    undone: datetime | None


class AspectEdits:
    """The changes of all tenants."""

    def __init__(self, database: Database, audit: AuditLog) -> None:
        self._database, self._audit = database, audit
        self._marks = ChangeMarks(database, "aspects")

    def add(self, tenant: str, change: NewAspectEdit, who: str) -> AspectEdit:
        """Record a change.

        Raises:
            GuandianError: a name is empty, or there are too few or too many.
        """
        _check(change)
        id, made = f"a_{random_letters(16)}", self._database.clock()
        row = {
            "tenant": tenant, "id": id, "action": change.action, "names": list(change.names),
            "into": change.into, "who": who, "made": made,
        }  # fmt: skip
        with self._database.writing() as connection:
            connection.execute(ASPECT_EDITS.insert().values(**row))
            self._marks.count(tenant)
            details = {"names": list(change.names), "into": change.into}
            self._audit.add(tenant, who, f"aspects.{change.action}", id, details)
        return AspectEdit(id, tenant, change, who, made, None)

    def undo(self, tenant: str, who: str, id: str | None = None) -> AspectEdit | None:
        """Let a change count no longer.

        Args:
            tenant: whose.
            who: the id of the key, or the person's name.
            id: which; None for the last one that counts.

        Returns:
            The change, None where there is none that counts.
        """
        query = select(ASPECT_EDITS).where(_standing(tenant)).order_by(ASPECT_EDITS.c.number.desc())
        if id is not None:
            query = query.where(ASPECT_EDITS.c.id == id)
        with self._database.writing() as connection:
            row = connection.execute(query.limit(1).with_for_update()).mappings().one_or_none()
            if row is None:
                return None
            undone = self._database.clock()
            mine = _standing(tenant) & (ASPECT_EDITS.c.id == row["id"])
            connection.execute(update(ASPECT_EDITS).where(mine).values(undone=undone))
            self._marks.count(tenant)
            self._audit.add(tenant, who, "aspects.undo", row["id"])
        return _read({**row, "undone": undone})

    def list(self, tenant: str, *, undone: bool = True) -> list[AspectEdit]:
        """A tenant's changes in the order in which they were made.

        Args:
            tenant: whose.
            undone: whether also those that were undone.
        """
        mine = ASPECT_EDITS.c.tenant == tenant if undone else _standing(tenant)
        query = select(ASPECT_EDITS).where(mine).order_by(ASPECT_EDITS.c.number)
        with self._database.reading() as connection:
            return [_read(row) for row in connection.execute(query).mappings()]

    def names(self, tenant: str, things: Synonyms) -> Synonyms:
        """The names that go by another thing than in `things` after all changes that count."""
        changes = [edit.change for edit in self.list(tenant, undone=False)]
        names = renamed_things(things, changes)
        return {name: thing for name, thing in names.items() if things.get(name, name) != thing}

    def apart(self, tenant: str) -> tuple[frozenset[str], ...]:
        """The keys of things that were called several, set by set."""
        edits = self.list(tenant, undone=False)
        several = (edit.change for edit in edits if edit.change.action is AspectAction.APART)
        return tuple(frozenset(map(aspect_key, change.names)) for change in several)

    def mark(self, tenant: str) -> int:
        """Another number as soon as anything is changed or undone."""
        return self._marks.of(tenant)


def renamed_things(things: Synonyms, changes: Sequence[NewAspectEdit]) -> dict[str, str]:
    """Names of things after changes, one after the other.

    Args:
        things: from the key of a name to that of its thing; a name that does not stand there is a
            thing of its own.
        changes: in the order in which they were made.

    Returns:
        The same with the changes.
    """
    result = dict(things)
    for change in changes:
        if change.action is AspectAction.APART:
            continue
        names, into = [aspect_key(name) for name in change.names], aspect_key(change.into)
        if change.action is AspectAction.SPLIT:
            _split(result, names, into)
        else:
            _join(result, [*names, into], into)
    return result


def _join(things: dict[str, str], names: Iterable[str], into: str) -> None:
    """Give all names of the things of some names another thing."""
    joined = {things.get(name, name) for name in names}
    members = [name for name, thing in things.items() if thing in joined]
    things.update(dict.fromkeys([*members, *joined, *names, into], into))


def _split(things: dict[str, str], names: Sequence[str], into: str) -> None:
    """Take names out of their things; a thing whose own name leaves is called by the next one."""
    for name in names:
        left = [other for other, thing in things.items() if thing == name and other not in names]
        things.update(dict.fromkeys(left, left[0]) if left else {})
        things[name] = into
    things[into] = into


def _check(change: NewAspectEdit) -> None:
    apart = change.action is AspectAction.APART
    if apart and len(set(change.names)) < 2:
        raise GuandianError("one thing is not apart from itself", "name two or more")
    words = change.names if apart else (*change.names, change.into)
    if not all(name.strip() for name in words) or not change.names:
        raise GuandianError("a change of names needs names", "name what is changed, and into what")
    if change.action is AspectAction.RENAME and len(change.names) > 1:
        raise GuandianError("one thing is renamed at a time", "merge several")


def _standing(tenant: str) -> ColumnElement[bool]:
    return (ASPECT_EDITS.c.tenant == tenant) & ASPECT_EDITS.c.undone.is_(None)


def _read(row: RowMapping | dict[str, object]) -> AspectEdit:
    fields = dict(row)
    del fields["number"]
    action, names = AspectAction(fields.pop("action")), tuple(fields.pop("names"))
    return AspectEdit(change=NewAspectEdit(action, names, fields.pop("into")), **fields)
