"""Mining jobs in the background: resumed after any end, their answers stored.

Those of the served model run one at a time; those of language models, which wait for others most of
their time, run beside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.files import ColumnChoice, ColumnGuess, Layout
from guandian.mining.batching import LazyMiner
from guandian.mining.caution.promises import Caution, cautious
from guandian.mining.chunks import ROWS
from guandian.mining.duplicate_ids import RepeatedIds
from guandian.mining.job import Job, Watch
from guandian.mining.miner import Miner
from guandian.privacy import Masking, Mode
from guandian.service.answering.batcher import Abandoned, Batcher
from guandian.service.answering.kept_opinions import Promising
from guandian.service.answering.language_model_job import CHUNK, PartByPart
from guandian.service.answering.model_switch import ModelSwitch, ServedModel
from guandian.service.deletion import Deletion
from guandian.service.job_files import MINED, REJECTS, JobFiles
from guandian.service.log import log_event
from guandian.service.problems import Problem, problem_of
from guandian.service.schemas.mining_schemas import KeptOpinions
from guandian.service.tenants.tenant_models import LanguageModels
from guandian.service.uploads import Upload, UploadInputs, Uploads, told_of
from guandian.store import Store
from guandian.store.overlay import review_digest
from guandian.store.records import JobCounts, JobRecord, JobState, Records, RecordsError
from guandian.store.records.key_secret import open_secret
from guandian.store.store import storing

_POLL = 2.0
"""Seconds after which a job that another process queued is seen."""
_BESIDE = 4
"""Jobs that language models mine at the same time."""


class JobStopped(Exception):
    """The job is to end now: it was cancelled, or the service ends."""


@dataclass(slots=True)
class _Progress(Watch):
    """Stores each chunk that is done, and records how far the job is."""

    runner: JobRunner
    records: Records
    job: JobRecord
    model: str
    counts: JobCounts = field(default_factory=JobCounts)
    _repeated: RepeatedIds = field(default_factory=RepeatedIds)

    def started(self, rows: int | None) -> None:
        self._note(replace(self.counts, total=rows))

    def opened(self, path: str, guess: ColumnGuess) -> None:
        pass

    def mined(self, reviews: Sequence[Review], mined: Sequence[Mined], *, earlier: bool) -> None:
        self.runner.load(self.job, zip(reviews, mined, strict=True))
        for review in reviews:
            self._repeated.add(review.id)
        counts = self.counts
        self._note(
            replace(
                counts,
                reviews=counts.reviews + len(reviews),
                opinions=counts.opinions + sum(len(answer.opinions) for answer in mined),
                repeated=self._repeated.count,
            )
        )

    def _note(self, counts: JobCounts) -> None:
        self.counts = counts
        if not self.records.jobs.progress(self.job.tenant, self.job.id, counts, self.model):
            raise JobStopped


@dataclass(slots=True)
class _Background:
    """A model for jobs: calls of people go first, and it can be stopped between two parts."""

    miner: Miner
    runner: JobRunner
    job: JobRecord

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        """Mine reviews beside what people ask."""
        self.runner.check(self.job.id)
        self.runner.spend(self.job, len(reviews))
        try:
            answers = self.runner.batcher.submit(self.miner, reviews, job=True).result()
        except (Abandoned, CancelledError):
            raise JobStopped from None
        self.runner.on_answered(answers)
        live = self.runner.live.get(self.job.id)
        if live is not None:
            self.runner.live[self.job.id] = live + len(reviews)
        return answers


class JobRunner:
    """Runs queued jobs: those of language models beside the others, which take turns.

    Args:
        folder: of the data.
        records, store, uploads, model, batcher: parts of the service.

    Attributes:
        live: reviews of running jobs that are answered but not stored yet, by job.
        files: what jobs leave.
        deletion: deletes reviews, also from under a running job.
        on_answered: told of answers as they come.
        caution_of: what a job keeps of a model's answers.
        language_models: that jobs may name.
    """

    def __init__(
        self,
        folder: Path,
        records: Records,
        store: Store,
        uploads: Uploads,
        model: ModelSwitch,
        batcher: Batcher,
    ) -> None:
        self._folder, self._records, self._store = folder, records, store
        self._uploads, self._model, self.batcher = uploads, model, batcher
        self.live: dict[str, int] = {}
        self._cancelled: set[str] = set()
        self._wake, self._ending = Event(), Event()
        self.files = JobFiles(folder / "jobs")
        self.deletion = Deletion(folder, records, store, uploads, self.files)
        self.on_answered: Callable[[Sequence[Mined]], None] = lambda answers: None  # noqa: ARG005
        self.caution_of: Callable[[ServedModel, KeptOpinions], Caution] = Promising().caution
        self.language_models = LanguageModels()
        self._beside = ThreadPoolExecutor(_BESIDE, thread_name_prefix="language-model-jobs")
        self._thread = Thread(target=self._work, name="jobs", daemon=True)

    def start(self) -> None:
        """Go on with what an earlier process left, and then with what comes."""
        self._records.jobs.queue_again()
        for tenant, id in self.files.jobs():
            job = self._records.jobs.get(tenant, id)
            if job is None:
                self.files.remove(tenant, id)
            elif job.finished is not None:
                self._settle(job)
        self._uploads.remove_old({(job.tenant, job.upload) for job in self._records.jobs.open()})
        self._thread.start()

    def wake(self) -> None:
        """A job was queued."""
        self._wake.set()

    def stop(self) -> None:
        """Let the running job stop at its next part; the next process goes on with it."""
        self._ending.set()
        self._wake.set()

    def close(self) -> None:
        """Stop, and wait for that."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join()
        self._beside.shutdown()

    def cancel(self, job: JobRecord) -> JobRecord | None:
        """End a job that has not ended, or forget one that has, with its files."""
        if job.finished is None:
            self._cancelled.add(job.id)
            ended = self._records.jobs.end(job.tenant, job.id, JobState.CANCELLED)
            if ended is not None and ended.state is JobState.CANCELLED:
                if job.state is JobState.QUEUED:
                    self._settle(ended)
                return ended
        self.files.remove(job.tenant, job.id)
        self._records.jobs.remove(job.tenant, job.id)
        return None

    def load(self, job: JobRecord, pairs: Iterable[tuple[Review, Mined]]) -> None:
        """Store what a job mined, but for reviews that were deleted since its file was dropped."""
        with self.deletion.lock:
            gone = self._uploads.forgotten(job.tenant, job.upload)
            wanted = [pair for pair in pairs if not gone or review_digest(pair[0].id) not in gone]
            self._store.load(wanted, tenant=job.tenant)

    def check(self, id: str) -> None:
        """Let a running job end.

        Raises:
            JobStopped: it was cancelled, or the service ends.
        """
        if self._ending.is_set() or id in self._cancelled:
            raise JobStopped

    def spend(self, job: JobRecord, reviews: int) -> None:
        """Count reviews against the quota of the key that asked for a job.

        Raises:
            GuandianError: the quota of today does not hold them.
        """
        key = self._records.keys.get(job.tenant, job.who)
        quota = None if key is None else key.terms.quota
        usage = self._records.usage
        if quota is not None and not usage.spend(job.tenant, job.who, reviews, quota):
            raise GuandianError(
                f"the key of this job may have {quota:,} reviews mined a day (UTC)",
                "start it again tomorrow: what is mined is kept",
            )

    def _work(self) -> None:
        while not self._ending.is_set():
            self._wake.clear()
            try:
                job = self._records.jobs.take_next()
                if job is not None and job.choices.get("model") is not None:
                    self._beside.submit(self._run, job)
                    continue
                if job is not None:
                    self._run(job)
                    continue
            except Exception as error:  # noqa: BLE001  # records or disk do not answer: later perhaps
                log_event("jobs", problem=type(error).__name__)
            self._wake.wait(_POLL)

    def _run(self, job: JobRecord) -> None:
        """Run a job to its end; an end of the service leaves it running in the records."""
        state, failure = JobState.DONE, None
        try:
            self._mine(job)
        except JobStopped:
            if self._ending.is_set() and job.id not in self._cancelled:
                return
            state = JobState.CANCELLED
        except GuandianError as error:
            state, failure = JobState.FAILED, str(error)
        except Exception as error:  # noqa: BLE001
            log_event("job-failure", job=job.id, error=type(error).__name__)
            state = JobState.FAILED
            failure = f"the service failed at this job: {type(error).__name__}"
        finally:
            self.live.pop(job.id, None)
        # Before the job has its end: who sees that may drop the same file again.
        self._settle(replace(job, state=state))
        self._records.jobs.end(job.tenant, job.id, state, failure)
        self._cancelled.discard(job.id)
        log_event("job", job=job.id, tenant=job.tenant, state=str(state))

    def _settle(self, job: JobRecord) -> None:
        """Leave the words of a job that has ended to the store.

        The file of one that failed waits for another try, unless it was to be masked.

        What cannot be removed now is removed at the next start.
        """
        try:
            with self.deletion.lock, storing(self._folder):
                self._remove_words(job)
        except GuandianError as error:
            log_event("storage", job=job.id, problem=error.problem)

    def _remove_words(self, job: JobRecord) -> None:
        gone = self._uploads.forgotten(job.tenant, job.upload)
        if job.state is JobState.DONE:
            self.files.list_ids(job, gone)
        self.files.settle(job, rejects=not gone)
        others = (other for other in self._records.jobs.open(job.tenant) if other.id != job.id)
        masked = job.choices.get("masking", "off") != "off"
        waits = job.state is JobState.FAILED and not masked and not gone
        if not waits and job.upload not in {other.upload for other in others}:
            self._uploads.remove(job.tenant, job.upload)

    def remove_upload(self, tenant: str, id: str) -> None:
        """Forget a file that was dropped.

        Raises:
            Problem: 404 where there is none, 409 where a job still reads it.
        """
        upload = self._uploads.get(tenant, id)
        with self.deletion.lock:
            readers = [job.id for job in self._records.jobs.open(tenant) if job.upload == upload.id]
            if readers:
                raise Problem(
                    409,
                    "being-read",
                    f"the job {readers[0]} reads the upload {upload.id}",
                    "wait for its end, or cancel it",
                )
            self._uploads.remove(tenant, upload.id)

    def _mine(self, job: JobRecord) -> None:
        if self.files.page(job, 0, 0) is not None:
            return  # the process of before had mined all, and was killed before it said so
        upload = self._uploads.get(job.tenant, job.upload)
        name = job.choices.get("model")
        model = self._served(job) if name is None else self._language_model(job, name)
        rows = ROWS if name is None else CHUNK
        self.live[job.id] = 0
        folder = self.files.folder_of(job.tenant, job.id)
        folder.mkdir(parents=True, exist_ok=True)
        watch = _Progress(self, self._records, job, model.id)
        inputs = inputs_of(upload, job.choices, self._folder)
        mining = Job(inputs, folder / MINED, model, folder / REJECTS, "resume", rows=rows)
        try:
            outcome = mining.run(watch)
        except GuandianError as error:
            cause = problem_of(error)  # what is wrong with the data folder is for the log
            raise cause if cause.status == 503 else told_of(error, upload) from error
        counts = replace(
            watch.counts,
            reviews=outcome.counts.reviews,
            opinions=max(watch.counts.opinions, outcome.counts.opinions),
            rejected=outcome.counts.rejected,
            total=sum((outcome.counts.reviews, outcome.counts.rejected, outcome.counts.skipped)),
        )
        self._records.jobs.progress(job.tenant, job.id, counts, model.id)

    def _served(self, job: JobRecord) -> LazyMiner:
        """The model that answers a tenant, as a job asks it."""
        served = self._model.of_tenant(job.tenant)
        miner = served.miner
        caution = self.caution_of(served, kept_of(job.choices))
        model = LazyMiner(
            miner.key,
            miner.model,
            lambda: _Background(miner, self, job),
            miner.labels.names,
            miner.labels.spec.labels,
            miner.rates,
        )
        return cautious(model, caution)

    def _language_model(self, job: JobRecord, name: str) -> LazyMiner:
        """A language model as a job asks it.

        Raises:
            Problem: the operator names none such any more.
        """
        named = self.language_models.named(job.tenant, name)
        parts = PartByPart(
            self.language_models, named, lambda: self.check(job.id), self._ending,
            lambda number: self.spend(job, number),
        )  # fmt: skip
        return LazyMiner(named.served.key, named.served.model, lambda: parts, named.served.names)


def inputs_of(upload: Upload, choices: Mapping[str, Any], folder: Path) -> UploadInputs:
    """How a job reads its upload."""
    columns = dict(choices.get("columns") or {})
    texts = tuple(columns.pop("text", ())) or None
    sheet = choices.get("sheet")
    return UploadInputs(
        (str(upload.path),),
        ColumnChoice(text=texts, **columns),
        Layout(sheet=(sheet,) if sheet else None),
        "skip",
        masking=masking_of(choices.get("masking") or "off", folder),
    )


def kept_of(choices: Mapping[str, Any]) -> KeptOpinions:
    """Which opinions a job keeps."""
    names = KeptOpinions.model_fields
    return KeptOpinions(**{name: choices[name] for name in names if name in choices})


def masking_of(mode: Mode, folder: Path) -> Masking:
    """How personal data is written over; pseudonyms by the secret of the data folder.

    Raises:
        RecordsError: the secret cannot be used, which is no fault of who asks.
    """
    try:
        secret = open_secret(folder).digest("pseudonyms") if mode == "pseudonym" else ""
    except GuandianError as error:
        raise RecordsError(error.problem, error.repair) from error
    return Masking(mode, secret.encode())
