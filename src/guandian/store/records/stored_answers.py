"""Answers to requests that carry an `Idempotency-Key`: sent twice, done once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, delete, select, update

from guandian.store.records.database import Database, RecordsError
from guandian.store.records.key_text import random_letters
from guandian.store.records.record_tables import ANSWERS

KEPT = timedelta(hours=24)
"""How long an answer is held for whoever asks again."""
LEASE = timedelta(minutes=1)
"""How long a request that never ended keeps others of its key waiting."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What to do with a request.

    Attributes:
        state: `new`: do it, then `finish`; `same`: give `answer` once more; `conflict`: the key
            was used for another request; `running`: the first one has not ended, try again later.
        attempt: of a new one, for `finish`; else empty.
        answer: the stored answer, plain JSON, of a same one; else None.
        wait: seconds after which to try again, of a running one; else 0.
    """

    state: Literal["new", "same", "conflict", "running"]
    attempt: str = ""
    answer: Any = None
    wait: float = 0.0


class StoredAnswers:
    """The answers of all tenants.

    Where what a request does is recorded too, `begin`, the act and `finish` stand in one
    transaction (`Records.together`): a crash leaves all or nothing of them. Elsewhere a crash
    leaves `running` until the lease is over, and `finish` refuses whoever was overtaken.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, tenant: str, key: str, request: str, lease: timedelta = LEASE) -> Claim:
        """Claim a key for a request, or see what became of the one before.

        Args:
            tenant: whose request it is.
            key: what the client calls it.
            request: a digest of all that the answer rests on: method, path, body.
            lease: how long it may take at most.
        """
        time, attempt = self._database.clock(), random_letters(20)
        row = {
            "tenant": tenant, "key": key, "request": request, "attempt": attempt, "begun": time,
            "until": time + lease, "answer": None,
        }  # fmt: skip
        with self._database.writing() as connection:
            if self._insert(connection, row):
                return Claim("new", attempt)
            earlier = self._earlier(connection, tenant, key)
            if earlier["until"] <= time:
                connection.execute(update(ANSWERS).where(_of(tenant, key)).values(**row))
                return Claim("new", attempt)
            if earlier["request"] != request:
                return Claim("conflict")
            if earlier["answer"] is None:
                return Claim("running", wait=(earlier["until"] - time).total_seconds())
            return Claim("same", answer=earlier["answer"])

    def finish(self, tenant: str, key: str, attempt: str, answer: Any) -> None:
        """Store the answer to a new request.

        Args:
            tenant: whose request it is.
            key: what the client calls it.
            attempt: as `begin` gave it.
            answer: plain JSON, not None.

        Raises:
            RecordsError: it took longer than its lease, and another has taken it over.
        """
        values = {"answer": answer, "until": self._database.clock() + KEPT}
        own = _of(tenant, key) & (ANSWERS.c.attempt == attempt)
        with self._database.writing() as connection:
            if not connection.execute(update(ANSWERS).where(own).values(**values)).rowcount:
                raise RecordsError(
                    f"the request {key} took longer than it may, and was taken over by another",
                    "send it once more",
                )

    def abandon(self, tenant: str, key: str, attempt: str) -> None:
        """Forget a new request that failed, so that it can be sent again."""
        own = _of(tenant, key) & (ANSWERS.c.attempt == attempt)
        with self._database.writing() as connection:
            connection.execute(delete(ANSWERS).where(own))

    def sweep(self, *, running: bool = False) -> int:
        """Remove answers whose time is over; how many those are.

        Args:
            running: also requests without an answer: at the start of a service, whose process of
                before can no longer give any.
        """
        old = ANSWERS.c.until <= self._database.clock()
        with self._database.writing() as connection:
            count = connection.execute(delete(ANSWERS).where(old)).rowcount
            if running:
                unanswered = delete(ANSWERS).where(ANSWERS.c.answer.is_(None))
                count += connection.execute(unanswered).rowcount
            return count

    def forget(self, tenant: str, review: str) -> int:
        """Remove the answers that hold the id of a review; how many those are."""
        mine = ANSWERS.c.tenant == tenant
        with self._database.writing() as connection:
            rows = connection.execute(select(ANSWERS.c.key, ANSWERS.c.answer).where(mine)).all()
            keys = [row.key for row in rows if _holds(row.answer, review)]
            for key in keys:
                connection.execute(delete(ANSWERS).where(_of(tenant, key)))
        return len(keys)

    def _insert(self, connection: Connection, row: dict[str, Any]) -> bool:
        claim = self._database.upsert(ANSWERS).values(**row).on_conflict_do_nothing()
        return connection.execute(claim.returning(ANSWERS.c.attempt)).first() is not None

    def _earlier(self, connection: Connection, tenant: str, key: str) -> RowMapping:
        query = select(ANSWERS).where(_of(tenant, key)).with_for_update()
        return connection.execute(query).mappings().one()


def _of(tenant: str, key: str) -> Any:
    return (ANSWERS.c.tenant == tenant) & (ANSWERS.c.key == key)


def _holds(answer: Any, text: str) -> bool:
    if isinstance(answer, dict):
        return any(_holds(part, text) for part in (*answer, *answer.values()))
    if isinstance(answer, list):
        return any(_holds(part, text) for part in answer)
    return bool(answer == text)
