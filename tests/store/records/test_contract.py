"""What the records promise, whichever data base they stand in."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event
from tests.store.records.conftest import Clock

from guandian.errors import GuandianError
from guandian.store.records import (
    ApiKey,
    CorrectionAction,
    JobCounts,
    JobState,
    KeyTerms,
    NewCorrection,
    Records,
    RecordsError,
    Refusal,
    Scope,
)

STRANGE = "手机\\u0000壳 \0 😀 \ud800 ' ; -- \\ %s :x {0}"
"""A text that only the records' own columns hold everywhere."""
TERMS = KeyTerms(STRANGE, (Scope.READ, Scope.MINE))
DAY = timedelta(days=1)


def correction(action: CorrectionAction, opinion: str | None = "o_1") -> NewCorrection:
    fields = {"aspect": {"start": 0, "end": 2}, "expression": None, "category": "performance",
              "polarity": "positive"}  # fmt: skip
    return NewCorrection(opinion, STRANGE, action, fields, {"note": STRANGE})


def test_a_key_opens_its_tenant_until_it_is_revoked(
    records: Records, opened: Callable[[], Records]
) -> None:
    assert records.keys.count() == 0
    key, text = records.keys.create("main", TERMS, "cli")
    assert (key.tenant, key.terms, key.revoked, key.replaces) == ("main", TERMS, None, None)
    assert key.terms.name == STRANGE and text.startswith(key.start)
    assert key.allows(Scope.READ) and not key.allows(Scope.CORRECT)
    other = opened()
    assert other.keys.authenticate(text) == key
    assert other.keys.list("main") == [key] and other.keys.list("other") == []
    with pytest.raises(GuandianError, match="there is no key"):
        other.keys.revoke("other", key.id, "cli")
    assert other.keys.authenticate(text) == key
    assert other.keys.revoke("main", key.id, "k_admin").revoked is not None
    assert records.keys.authenticate(text) == Refusal.REVOKED
    acts = [(entry.act, entry.who, entry.subject) for entry in records.audit.list("main")]
    assert acts == [("key.revoke", "k_admin", key.id), ("key.create", "cli", key.id)]
    assert records.audit.list("other") == []


def test_a_mistyped_key_is_refused_without_asking_the_records(records: Records) -> None:
    _, text = records.keys.create("main", TERMS, "cli")
    asked: list[str] = []
    event.listen(
        records._database.engine, "before_cursor_execute",
        lambda *call: asked.append(call[2]),
    )  # fmt: skip
    letter = "a" if text[20] != "a" else "b"
    for wrong in (text[:20] + letter + text[21:], text[:-1], text + "0", "", "gd_live_", "é" * 44):
        assert records.keys.authenticate(wrong) == Refusal.MISTYPED
    assert asked == []
    assert isinstance(records.keys.authenticate(text), ApiKey) and asked


def test_a_key_of_the_right_form_that_nobody_made_is_unknown(records: Records) -> None:
    from guandian.store.records.key_text import START, checksum, make_key

    _, text = records.keys.create("main", TERMS, "cli")
    assert records.keys.authenticate(make_key()) == Refusal.UNKNOWN
    body = text[8:START] + "0" * 22  # as far as lists show it
    assert records.keys.authenticate(f"gd_live_{body}{checksum(body)}") == Refusal.UNKNOWN


def test_a_rotated_key_opens_until_the_overlap_is_over(records: Records, clock: Clock) -> None:
    terms = replace(TERMS, expires=clock() + 10 * DAY, rate=60, quota=1000)
    old, old_text = records.keys.create("main", terms, "cli")
    new, new_text = records.keys.rotate("main", old.id, DAY, "cli")
    assert new.terms == terms and new.replaces == old.id and new_text != old_text
    clock.pass_by(DAY - timedelta(microseconds=1))
    assert isinstance(records.keys.authenticate(old_text), ApiKey)
    clock.pass_by(timedelta(microseconds=1))
    assert records.keys.authenticate(old_text) == Refusal.EXPIRED
    assert records.keys.authenticate(new_text) == new
    with pytest.raises(GuandianError, match="has expired"):
        records.keys.rotate("main", old.id, DAY, "cli")
    clock.pass_by(9 * DAY)
    assert records.keys.authenticate(new_text) == Refusal.EXPIRED


@pytest.mark.parametrize(
    "terms",
    [replace(TERMS, name=" "), replace(TERMS, scopes=()), replace(TERMS, rate=0),
     replace(TERMS, quota=-1)],
)  # fmt: skip
def test_a_key_that_allows_nothing_is_not_made(records: Records, terms: KeyTerms) -> None:
    with pytest.raises(GuandianError):
        records.keys.create("main", terms, "cli")
    assert records.keys.count() == 0 and records.audit.list("main") == []


def test_a_job_goes_from_queued_to_its_end(records: Records, opened: Callable[[], Records]) -> None:
    choices = {"columns": {"text": ["评论"]}, "sheet": None}
    first = records.jobs.add("main", STRANGE, "u_1", choices, "k_1")
    second = records.jobs.add("other", "b.csv", "u_2", {}, "k_2")
    assert first.choices == choices and first.name == STRANGE and first.counts == JobCounts()
    running = records.jobs.take_next()
    assert running == replace(first, state=JobState.RUNNING)
    other = opened()
    counts = JobCounts(10, 2**40, 1, 12)
    assert other.jobs.progress("main", first.id, counts, "guandian-small@1")
    assert not other.jobs.progress("other", first.id, counts)
    assert records.jobs.get("main", first.id) == replace(
        running, counts=counts, model="guandian-small@1"
    )
    ended = records.jobs.end("main", first.id, JobState.DONE)
    assert ended and ended.state == JobState.DONE and ended.finished == ended.created
    assert not records.jobs.progress("main", first.id, JobCounts())
    again = records.jobs.end("main", first.id, JobState.FAILED, "too late")
    assert again == ended
    assert records.jobs.list("main") == [ended] and records.jobs.count("main") == 1
    assert records.jobs.get("main", second.id) is None
    assert records.jobs.end("main", second.id, JobState.CANCELLED) is None
    with pytest.raises(ValueError, match="no end"):
        records.jobs.end("main", first.id, JobState.RUNNING)
    assert not records.jobs.remove("other", first.id) and records.jobs.remove("main", first.id)
    assert records.jobs.list("main") == []


def test_a_running_job_is_queued_again_at_the_next_start(records: Records) -> None:
    made = [records.jobs.add("main", f"{k}", "u", {}, "k") for k in range(3)]
    assert records.jobs.take_next() and records.jobs.take_next()
    records.jobs.end("main", made[0].id, JobState.CANCELLED)
    assert records.jobs.queue_again() == 1
    assert [job.state for job in records.jobs.list("main")] == ["queued", "queued", "cancelled"]
    assert [job.id for job in records.jobs.list("main", limit=1, offset=1)] == [made[1].id]
    assert [job.id for job in iter(records.jobs.take_next, None)] == [made[1].id, made[2].id]


def test_several_takers_get_each_job_once(records: Records) -> None:
    made = {records.jobs.add("main", "", "", {}, "").id for _ in range(40)}

    def take(_: int) -> list[str]:
        return [job.id for job in iter(records.jobs.take_next, None)]

    with ThreadPoolExecutor(4) as pool:
        taken = [id for ids in pool.map(take, range(4)) for id in ids]
    assert len(taken) == 40 and set(taken) == made


def test_corrections_count_until_they_are_undone(records: Records) -> None:
    first = records.corrections.add("main", correction(CorrectionAction.ACCEPT), "k_1")
    second = records.corrections.add("main", correction(CorrectionAction.FIX), "k_1")
    added = records.corrections.add("main", correction(CorrectionAction.ADD, None), "k_1")
    assert records.corrections.get("main", first.id) == first
    assert first.said == correction(CorrectionAction.ACCEPT)
    assert records.corrections.get("other", first.id) is None
    assert records.corrections.by_opinion("main") == {"o_1": second}
    assert records.corrections.list("main", limit=2) == [added, second]
    assert not records.corrections.undo("other", second.id)
    assert records.corrections.undo("main", second.id)
    assert not records.corrections.undo("main", second.id)
    assert records.corrections.by_opinion("main") == {"o_1": first}
    assert records.corrections.list("main") == [added, first]
    assert records.corrections.count("main") == 2
    assert records.corrections.count("main", undone=True) == 3
    undone = records.corrections.list("main", undone=True)[1]
    assert undone.id == second.id and undone.undone is not None
    assert records.corrections.list("other") == []


def test_a_request_is_done_once(records: Records, clock: Clock) -> None:
    begun = records.answers.begin("main", STRANGE, "digest")
    assert begun.state == "new"
    waiting = records.answers.begin("main", STRANGE, "digest")
    assert waiting.state == "running" and waiting.wait == 60
    assert records.answers.begin("other", STRANGE, "another").state == "new"
    records.answers.finish("main", STRANGE, begun.attempt, {"status": 201, "body": STRANGE})
    same = records.answers.begin("main", STRANGE, "digest")
    assert (same.state, same.answer) == ("same", {"status": 201, "body": STRANGE})
    assert records.answers.begin("main", STRANGE, "another").state == "conflict"
    clock.pass_by(DAY)
    assert records.answers.begin("main", STRANGE, "another").state == "new"


def test_a_request_whose_server_died_is_taken_over(records: Records, clock: Clock) -> None:
    dead = records.answers.begin("main", "a", "digest")
    clock.pass_by(timedelta(minutes=1))
    heir = records.answers.begin("main", "a", "digest")
    assert heir.state == "new" and heir.attempt != dead.attempt
    with pytest.raises(RecordsError, match="taken over"):
        records.answers.finish("main", "a", dead.attempt, {})
    records.answers.abandon("main", "a", dead.attempt)
    assert records.answers.begin("main", "a", "digest").state == "running"
    records.answers.abandon("main", "a", heir.attempt)
    assert records.answers.begin("main", "a", "digest").state == "new"
    assert records.answers.sweep() == 0
    assert records.answers.sweep(running=True) == 1
    begun = records.answers.begin("main", "a", "digest")
    records.answers.finish("main", "a", begun.attempt, {})
    assert records.answers.sweep(running=True) == 0
    clock.pass_by(DAY)
    assert records.answers.sweep() == 1


def test_requests_at_once_make_one_job(opened: Callable[[], Records]) -> None:
    pair = [opened(), opened()]

    def post(number: int) -> str:
        records = pair[number % 2]
        with records.together():
            begun = records.answers.begin("main", "key", "digest")
            if begun.state == "same":
                return str(begun.answer["job"])
            assert begun.state == "new"
            job = records.jobs.add("main", "a.csv", "u_1", {}, "k_1")
            records.answers.finish("main", "key", begun.attempt, {"job": job.id})
        return job.id

    with ThreadPoolExecutor(8) as pool:
        answers = set(pool.map(post, range(24)))
    assert answers == {job.id for job in pair[0].jobs.list("main")} and len(answers) == 1


def test_what_stands_together_stays_or_goes_together(records: Records) -> None:
    def stop_half_way() -> None:
        with records.together():
            records.jobs.add("main", "a.csv", "u_1", {}, "k_1")
            records.audit.add("main", "k_1", "model.load", "m")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        stop_half_way()
    assert records.jobs.list("main") == [] and records.audit.list("main") == []
    records.ping()
