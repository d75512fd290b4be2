"""What the records promise, whichever data base they stand in."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event
from tests.store.records.conftest import Clock

from guandian.errors import GuandianError
from guandian.store.records import (
    ApiKey,
    AspectAction,
    CorrectionAction,
    JobCounts,
    JobState,
    KeyTerms,
    NewAspectEdit,
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
    fields = {"aspect": {"start": 0, "end": 2}, "expression": None, "category": STRANGE,
              "polarity": "positive"}  # fmt: skip
    before = {} if action is CorrectionAction.ADD else fields | {"polarity": "negative"}
    changes = action in (CorrectionAction.FIX, CorrectionAction.ADD)
    return NewCorrection(opinion, STRANGE, action, fields if changes else {}, before)


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
    assert other.keys.get("main", key.id) == key and other.keys.get("other", key.id) is None
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
    terms = replace(TERMS, expires=clock() + 10 * DAY, rate=10**12, quota=10**12)
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


def test_an_id_that_nobody_gave_is_an_id_of_nothing(records: Records) -> None:
    """Ids come out of addresses: whatever stands in one, it is answered."""
    for id in (STRANGE, "", "k" * 10_000):
        assert records.jobs.get("main", id) is None and not records.jobs.remove("main", id)
        assert records.jobs.end("main", id, JobState.CANCELLED) is None
        assert records.corrections.get("main", id) is None
        assert not records.corrections.undo("main", id)
        assert records.corrections.of_review("main", id) == []
        assert records.aspects.undo("main", "k_1", id or "a") is None
        for change in (records.keys.revoke, lambda *of: records.keys.rotate(*of[:2], DAY, of[2])):
            with pytest.raises(GuandianError, match="there is no key"):
                change("main", id, "k_1")
        assert records.usage.spent(id, id) == 0
        assert records.audit.list(id) == []


def test_a_job_goes_from_queued_to_its_end(records: Records, opened: Callable[[], Records]) -> None:
    choices = {"columns": {"text": ["评论"]}, "sheet": None}
    first = records.jobs.add("main", STRANGE, "u_1", choices, "k_1")
    second = records.jobs.add("other", "b.csv", "u_2", {}, "k_2")
    assert first.choices == choices and first.name == STRANGE and first.counts == JobCounts()
    running = records.jobs.take_next()
    assert running == replace(first, state=JobState.RUNNING)
    other = opened()
    counts = JobCounts(10, 2**40, 1, 12, 3)
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
    mark = records.corrections.mark("main")
    assert records.corrections.standing("main") == [first, second, added]
    assert records.corrections.list("main", limit=2) == [added, second]
    assert not records.corrections.undo("other", second.id)
    assert records.corrections.undo("main", second.id)
    assert not records.corrections.undo("main", second.id)
    assert records.corrections.mark("main") != mark
    assert records.corrections.mark("other") == 0
    assert records.corrections.standing("main") == [first, added]
    assert records.corrections.list("main") == [added, first]
    assert records.corrections.count("main") == 2
    assert records.corrections.count("main", undone=True) == 3
    undone = records.corrections.list("main", undone=True)[1]
    assert undone.id == second.id and undone.undone is not None
    assert records.corrections.list("other") == []
    assert records.corrections.of_review("main", STRANGE) == [first, added]
    assert records.corrections.of_review("other", STRANGE) == []


GOOD = correction(CorrectionAction.FIX)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (replace(GOOD, fields={}), "fix needs fields"),
        (replace(correction(CorrectionAction.ADD, None), fields={"category": "a"}), "no polarity"),
        (replace(GOOD, fields={"tag": 7}), "is a text"),
        (replace(GOOD, fields=GOOD.fields | {"polarity": "happy"}), "no polarity 'happy'"),
        (replace(GOOD, fields=GOOD.fields | {"aspect": {"start": 2, "end": 2}}), "is no span"),
        (replace(GOOD, fields=GOOD.fields | {"aspect": [0, 2]}), "is no span"),
        (replace(GOOD, fields=GOOD.fields | {"colour": 1}), "no field 'colour'"),
        (replace(GOOD, before={}), "an opinion needs a category"),
        (replace(GOOD, opinion=None), "fix needs an opinion"),
        (replace(GOOD, action=CorrectionAction.REJECT), "reject takes no fields"),
    ],
)
def test_what_is_no_correction_is_refused(
    records: Records, said: NewCorrection, message: str
) -> None:
    with pytest.raises(GuandianError, match=message):
        records.corrections.add("main", said, "k_1")
    assert records.corrections.count("main", undone=True) == 0


def change(action: AspectAction, *names: str, into: str) -> NewAspectEdit:
    return NewAspectEdit(action, names, into)


MERGE, SPLIT, RENAME = AspectAction.MERGE, AspectAction.SPLIT, AspectAction.RENAME


def test_names_of_aspects_are_changed_and_each_change_can_be_undone(records: Records) -> None:
    things = {"屏幕": "屏幕", "screen": "屏幕", "荧幕": "屏幕"}
    merge = records.aspects.add("main", change(MERGE, "显示屏", "Screen", into="屏幕"), "k_1")
    split = records.aspects.add("main", change(SPLIT, "荧幕", into="荧幕"), "k_2")
    rename = records.aspects.add("main", change(RENAME, "屏幕", into="显示"), "k_1")
    names = dict.fromkeys(("屏幕", "screen", "显示屏"), "显示")
    mark = records.aspects.mark("main")
    assert records.aspects.names("main", things) == names | {"荧幕": "荧幕"}
    assert records.aspects.names("other", things) == {}
    assert records.aspects.undo("other", "k_1") is None
    undone = records.aspects.undo("main", "k_3", split.id)
    assert undone and undone.change == split.change and undone.undone is not None
    assert records.aspects.undo("main", "k_3", split.id) is None
    assert records.aspects.names("main", things) == names | {"荧幕": "显示"}
    last = records.aspects.undo("main", "k_3")
    assert last and last.id == rename.id
    assert records.aspects.names("main", things) == {"显示屏": "屏幕"}
    assert records.aspects.mark("main") != mark and records.aspects.mark("other") == 0
    assert records.aspects.list("main") == [merge, undone, last]
    assert records.aspects.list("main", undone=False) == [merge]
    assert records.aspects.undo("main", "k_3") and records.aspects.undo("main", "k_3") is None
    assert records.aspects.names("main", things) == {}
    acts = [entry.act for entry in records.audit.list("main")]
    assert acts == ["aspects.undo"] * 3 + ["aspects.rename", "aspects.split", "aspects.merge"]


@pytest.mark.parametrize(
    "wrong",
    [change(MERGE, into="a"), change(MERGE, "a", " ", into="a"), change(SPLIT, "a", into=""),
     change(RENAME, "a", "b", into="c")],
)  # fmt: skip
def test_a_change_without_names_is_refused(records: Records, wrong: NewAspectEdit) -> None:
    with pytest.raises(GuandianError):
        records.aspects.add("main", wrong, "k_1")
    assert records.aspects.list("main") == []


def test_a_tenant_has_its_settings(records: Records) -> None:
    records.settings.put("main", STRANGE, {"categories": [STRANGE, 1, None]}, "k_1")
    records.settings.put("main", "b", 1, "k_1")
    records.settings.put("main", "b", False, "k_1")
    records.settings.put("other", "b", 2, "k_1")
    assert records.settings.all("main") == {STRANGE: {"categories": [STRANGE, 1, None]}, "b": False}
    records.settings.put("main", STRANGE, None, "k_1")
    assert records.settings.all("main") == {"b": False}
    assert records.settings.all("other") == {"b": 2}


def test_a_quota_is_a_days(records: Records, clock: Clock) -> None:
    key, _ = records.keys.create("main", TERMS, "cli")
    assert not records.usage.spend("main", key.id, 11, 10)
    assert records.usage.spend("main", key.id, 6, 10)
    assert not records.usage.spend("main", key.id, 5, 10)
    assert records.usage.spend("main", key.id, 4, 10)
    assert records.usage.spent("main", key.id) == 10
    records.usage.give_back("main", key.id, 3)
    assert records.usage.spent("main", key.id) == 7
    assert records.usage.spent("other", key.id) == 0
    clock.pass_by(DAY)
    records.usage.give_back("main", key.id, 3)
    assert records.usage.spent("main", key.id) == 0
    assert records.usage.spend("main", key.id, 10, 10)
    with pytest.raises(RecordsError):  # a key of another tenant's is no key
        records.usage.spend("other", key.id, 1, 10)


def test_a_quota_holds_when_many_ask_at_once(records: Records) -> None:
    key, _ = records.keys.create("main", TERMS, "cli")
    with ThreadPoolExecutor(8) as pool:
        allowed = list(pool.map(lambda _: records.usage.spend("main", key.id, 3, 50), range(40)))
    assert sum(allowed) == 16 and records.usage.spent("main", key.id) == 48


def test_nothing_is_left_of_a_review_that_is_forgotten(records: Records, tmp_path: Path) -> None:
    secret = "r-19890604-张小泉"
    marks = [secret.encode(), b"19890604"]
    fix = correction(CorrectionAction.FIX, "o_2")
    named = replace(fix, review=secret, fields=fix.fields | {"category": secret})
    records.corrections.add("main", named, "k_1")
    records.corrections.undo("main", records.corrections.add("main", named, "k_1").id)
    other = records.corrections.add("main", fix, "k_1")
    for key, review in (("a", secret), ("b", "another")):
        claim = records.answers.begin("main", key, "digest")
        answer = {"correction": {"review": review}}
        records.answers.finish("main", key, claim.attempt, answer)
    files = [path for path in tmp_path.iterdir() if path.name.startswith("records")]
    if files:  # what is looked for can be found
        assert any(mark in path.read_bytes() for path in files for mark in marks)
    assert not records.answers.forget("other", secret)
    assert not records.corrections.forget("other", secret)
    assert records.forget_review("main", secret)
    assert records.corrections.list("main", undone=True) == [other]
    assert records.answers.begin("main", "a", "digest").state == "new"
    assert records.answers.begin("main", "b", "digest").state == "same"
    assert not any(mark in path.read_bytes() for path in files for mark in marks)


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
