"""The mutable records of a service, in a file of its data folder or in PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import select

from guandian.errors import GuandianError
from guandian.io.data_folders import refuse_file
from guandian.store.records.api_keys import ApiKeys
from guandian.store.records.aspect_edits import AspectEdits
from guandian.store.records.audit_log import AuditLog
from guandian.store.records.corrections import Corrections
from guandian.store.records.database import (
    FILE,
    Clock,
    Database,
    postgres_engine,
    sqlite_engine,
    utc_now,
    without_password,
)
from guandian.store.records.inbox.inbox_records import InboxRecords
from guandian.store.records.job_records import JobRecords
from guandian.store.records.key_secret import FILE as SECRET
from guandian.store.records.key_secret import KeySecret, open_secret
from guandian.store.records.migrations import bring_up_to_date
from guandian.store.records.policies.policy_records import PolicyRecords
from guandian.store.records.record_tables import FORMAT
from guandian.store.records.stored_answers import StoredAnswers
from guandian.store.records.tenant_settings import KeyUsage, TenantSettings
from guandian.store.records.trials.trial_records import TrialRecords
from guandian.store.records.watching.alert_records import AlertRecords
from guandian.store.records.watching.channel_records import ChannelRecords
from guandian.store.records.watching.outbox_records import OutboxRecords
from guandian.store.records.watching.watch_state import WatchStates

_ERASURES, _PAUSE = 40, 0.05
"""How often erasing from the file is tried while others read it, and the seconds between."""


class Records:
    """Keys, jobs, corrections, names of aspects, answers, settings and the audit log.

    Every method is one short transaction and may be called from any thread; what it returned from
    is kept, also when the process is killed in the next moment.

    Attributes:
        keys: who may do what.
        jobs: what is to be mined.
        corrections: what people said of opinions.
        answers: to requests that carry an `Idempotency-Key`.
        audit: what administrators did.
        aspects: how people renamed what is judged.
        settings: of tenants.
        usage: how much of their quotas keys have used.
        alerts: what fired, and who saw it.
        channels: where alerts are sent.
        outbox: what waits to be sent.
        watchers: what watchers go on from.
        inbox: messages and reviews that wait for an answer.
        trials: how two models answered the same reviews.
        policies: what one person proposes and another one confirms.
    """

    def __init__(self, database: Database, secret: KeySecret) -> None:
        self._database = database
        self.audit = AuditLog(database)
        self.keys = ApiKeys(database, secret, self.audit)
        self.jobs = JobRecords(database)
        self.corrections = Corrections(database)
        self.answers = StoredAnswers(database)
        self.aspects = AspectEdits(database, self.audit)
        self.settings = TenantSettings(database, self.audit)
        self.usage = KeyUsage(database)
        self.alerts = AlertRecords(database)
        self.channels = ChannelRecords(database)
        self.outbox = OutboxRecords(database)
        self.watchers = WatchStates(database)
        self.inbox = InboxRecords(database)
        self.trials = TrialRecords(database)
        self.policies = PolicyRecords(database, self.audit)

    @classmethod
    def open(
        cls,
        folder: Path,
        address: str | None = None,
        clock: Clock = utc_now,
        *,
        make: bool = True,
    ) -> Records:
        """Open the records of a data folder.

        Args:
            folder: the data folder, which is there; the secret of the keys stands in it.
            address: of a PostgreSQL data base, None for the file `records.sqlite` in the folder.
            clock: gives the time, in UTC.
            make: whether to make what is not there yet.

        Raises:
            GuandianError: they are not there, cannot be made or reached, or are of a later version.
        """
        refuse_file(folder)
        if not folder.is_dir():
            raise GuandianError(f"there is no folder {folder}", "check the name after --data")
        if not make and not (folder / (FILE if address is None else SECRET)).exists():
            raise GuandianError(
                f"{folder} is no folder of `guandian serve`: it holds no keys",
                "check the name after --data; `guandian keys create` makes the first key",
            )
        secret = open_secret(folder)
        if address is None:
            file = folder / FILE
            database = Database(sqlite_engine(file), str(file), clock)
        else:
            database = Database(postgres_engine(address), without_password(address), clock)
        try:
            bring_up_to_date(database)
        except BaseException:
            database.close()
            raise
        return cls(database, secret)

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make one transaction of all that is called within, in the same thread.

        Others wait to write until it ends: nothing slow belongs there.
        """
        with self._database.writing():
            yield

    def forget_review(self, tenant: str, review: str) -> bool:
        """Remove all that is recorded of a review: corrections, drafts, answers that name it.

        Returns:
            Whether nothing of it is left in the file either; others may read it all along.
        """
        with self._database.writing():
            self.corrections.forget(tenant, review)
            self.answers.forget(tenant, review)
            self.inbox.forget(tenant, review)
        return self.erase()

    def erase(self) -> bool:
        """Remove from the file what was removed from the records; whether nothing is left in it."""
        for _ in range(_ERASURES):
            if self._database.erase():
                return True
            time.sleep(_PAUSE)
        return False

    def claim(self) -> None:
        """Be the one service that uses these records, until they are closed.

        Raises:
            GuandianError: another service uses them.
        """
        self._database.claim()

    def ping(self) -> None:
        """Ask the records something.

        Raises:
            RecordsError: they do not answer.
        """
        with self._database.reading() as connection:
            connection.execute(select(FORMAT.c.version)).scalar_one()

    def close(self) -> None:
        """Let go of all connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
