"""The inbox: what came in stays, is written to, sent once, and goes with its review."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update
from tests.store.records.conftest import Clock

from guandian.errors import GuandianError
from guandian.store.records import Records
from guandian.store.records.inbox import Draft, InboxKind, InboxState, NewItem
from guandian.store.records.inbox.inbox_tables import INBOX
from guandian.store.records.record_tables import FORMAT, TABLES

REVIEW = NewItem(
    InboxKind.REVIEW, "电池不耐用🔋", "r-1", {"rating": 1}, 0.4, {"opinions": []},
    (Draft("public", "对不起。", {"guards": ["money"]}), Draft("private", "您好。")), True,
)  # fmt: skip
MESSAGE = NewItem(
    InboxKind.MESSAGE, "急用", None, {"turns": []}, 0.9, {}, (Draft("answer", ""),), True
)


def test_what_came_in_stays_and_what_waits_is_first(
    opened: Callable[[], Records], records: Records
) -> None:
    calm = records.inbox.add("main", replace(REVIEW, reference="r-2", urgency=0.1), "Lin")
    first = records.inbox.add("main", REVIEW, "Lin")
    urgent = records.inbox.add("main", MESSAGE, "Lin")
    assert records.inbox.add("main", replace(REVIEW, text="another"), "Wang") == first
    assert records.inbox.add("main", MESSAGE, "Lin").id != urgent.id
    assert records.inbox.add("other", REVIEW, "Lin").id != first.id
    again = opened().inbox
    assert again.get("main", first.id) == first and again.get("other", first.id) is None
    again.hand_over("main", urgent.id, "Lin")
    assert [item.id for item in again.list("main")][1:] == [first.id, calm.id, urgent.id]
    assert again.count("main", [InboxState.HANDED_OVER]) == again.count("other") == 1
    assert again.count("main", kind=InboxKind.REVIEW) == 2


def test_the_newest_are_told_whatever_is_urgent(records: Records) -> None:
    inbox = records.inbox
    ids = [
        inbox.add("main", replace(REVIEW, reference=f"n-{k}", urgency=level), "Lin").id
        for k, level in enumerate((0.9, 0.1, 0.2))
    ]
    inbox.add("main", MESSAGE, "Lin")
    inbox.add("other", REVIEW, "Lin")
    inbox.write("main", ids[2], "public", "抱歉。", "Lin", sent=True)
    newest = inbox.newest("main", InboxKind.REVIEW, 2)
    assert [item.id for item in newest] == [ids[2], ids[1]]


def test_what_is_held_is_as_it_stands(records: Records) -> None:
    item = records.inbox.add("main", REVIEW, "Lin")
    with records.together():
        assert records.inbox.hold("main", item.id) == item
        sent = records.inbox.write("main", item.id, "public", "抱歉。", "Lin", sent=True)
        assert records.inbox.hold("main", item.id) == sent
    assert records.inbox.hold("other", item.id) is None


def test_it_is_seen_written_and_sent_once(records: Records, clock: Clock) -> None:
    inbox = records.inbox
    item = inbox.add("main", REVIEW, "Lin")
    inbox.see("main", item.id, "public", "Lin")
    seen = inbox.see("main", item.id, "public", "Wang")
    assert [(look.channel, look.who) for look in seen.seen] == [("public", "Lin")]
    clock.pass_by(timedelta(minutes=1))
    edited = inbox.write("main", item.id, "public", "抱歉，", "Wang")
    assert (edited.state, edited.text_of("public"), edited.text_of("private")) == (
        InboxState.EDITED, "抱歉，", "您好。"
    )  # fmt: skip
    sent = inbox.write("main", item.id, "public", "抱歉。", "Wang", sent=True)
    assert sent.state is InboxState.SENT and sent.changed > sent.made
    assert inbox.sent("main") == [sent] == [inbox.get("main", item.id)]
    with pytest.raises(GuandianError, match="was sent"):
        inbox.write("main", item.id, "public", "anew", "Lin")
    with pytest.raises(GuandianError, match="was sent"):
        inbox.hand_over("main", item.id, "Lin")
    both = inbox.write("main", item.id, "private", "您好！", "Lin", sent=True)
    assert [edit.channel for edit in both.edits if edit.sent] == ["public", "private"]
    with pytest.raises(GuandianError, match="no draft 'answer'"):
        inbox.write("main", item.id, "answer", "x", "Lin")
    for act in (lambda: inbox.see("other", item.id, "public", "Lin"),
                lambda: inbox.hand_over("other", item.id, "Lin")):  # fmt: skip
        with pytest.raises(GuandianError, match="there is no item"):
            act()


def test_it_goes_with_its_review_and_by_itself(records: Records) -> None:
    inbox = records.inbox
    item, kept = inbox.add("main", REVIEW, "Lin"), inbox.add("main", MESSAGE, "Lin")
    inbox.add("other", REVIEW, "Lin")
    assert records.forget_review("main", "r-1")
    assert inbox.get("main", item.id) is None and inbox.count("other") == 1
    assert inbox.delete("main", kept.id) and not inbox.delete("main", kept.id)


def test_records_of_version_6_get_an_inbox(opened: Callable[[], Records], records: Records) -> None:
    with records._database.writing() as connection:
        TABLES.drop_all(connection, tables=[INBOX])
        connection.execute(update(FORMAT).values(version=6))
    assert opened().inbox.list("main") == []
