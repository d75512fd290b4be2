"""The parts of a running service, put together once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import Annotated

from fastapi import Depends, Request

from guandian.domain import Mined, Review
from guandian.engine import usable_cores
from guandian.errors import GuandianError
from guandian.service.answering.abuse_policies import AbusePolicies
from guandian.service.answering.admission import Admission
from guandian.service.answering.assistants import Assistants
from guandian.service.answering.batcher import Batcher
from guandian.service.answering.embeddings import Embeddings
from guandian.service.answering.kept_opinions import Promising
from guandian.service.answering.media_folder import MediaFolder
from guandian.service.answering.model_switch import ModelSwitch
from guandian.service.answering.recommendations import Recommendations
from guandian.service.answering.watched_shelf import WatchedShelf
from guandian.service.auth import TENANT, KeyRing
from guandian.service.job_runner import JobRunner
from guandian.service.log import log_event
from guandian.service.metrics import Metrics
from guandian.service.replicas.fleet import Fleet
from guandian.service.rollout.rollout import Rollout
from guandian.service.settings import Beside, Limits
from guandian.service.tenants.tenant_knowledge import TenantKnowledge
from guandian.service.tenants.tenant_models import LanguageModels
from guandian.service.tracing import Tracing, open_tracing
from guandian.service.uploads import Uploads
from guandian.store import Store
from guandian.store.readings import Readings
from guandian.store.records import KeyTerms, Records, Scope


@dataclass(frozen=True)
class Service:
    """Everything that routes use.

    Attributes:
        folder: of the data.
        limits: the bounds.
        records: keys, jobs, corrections, answers.
        keys: who calls.
        model: what answers.
        admission: who may come in.
        batcher: reads reviews of several calls together.
        store: the opinions.
        readings: the same with what people corrected.
        uploads: files that were dropped.
        jobs: mines them.
        rollout: a candidate beside the model, and what is watched of both.
        metrics: the numbers.
        knowledge: catalogues and lexicons that tenants gave.
        tracing: a span a request; None where the environment wants none.
        embeddings: texts as vectors.
        recommendations: what recommends items, where something does.
        assistants: what understands messages, answers them and drafts replies.
        promising: which opinions are kept where a precision is asked for.
        media: pictures and recordings that reviews were read from.
        language_models: that tenants may ask.
        fleet: replicas that read calls in place of the batcher, where there are any.
        ending: set once the service is to end.
    """

    folder: Path
    limits: Limits
    records: Records
    keys: KeyRing
    model: ModelSwitch
    admission: Admission
    batcher: Batcher
    store: Store
    readings: Readings
    uploads: Uploads
    jobs: JobRunner
    rollout: Rollout
    metrics: Metrics
    knowledge: TenantKnowledge
    tracing: Tracing | None = None
    embeddings: Embeddings = field(default_factory=Embeddings)
    recommendations: Recommendations = field(default_factory=Recommendations)
    assistants: Assistants = field(default_factory=Assistants)
    promising: Promising = field(default_factory=Promising)
    media: MediaFolder = field(default_factory=MediaFolder)
    language_models: LanguageModels = field(default_factory=LanguageModels)
    fleet: Fleet | None = None
    ending: Event = field(default_factory=Event)

    @cached_property
    def abuse(self) -> AbusePolicies:
        """Marks reviews by what two people of their tenant decided."""
        return AbusePolicies(self.records)

    @cached_property
    def watched(self) -> WatchedShelf:
        """The series that are watched, of tenants who asked lately."""
        return WatchedShelf(self.records)

    @classmethod
    def open(
        cls,
        folder: Path,
        limits: Limits | None = None,
        bundle: Path | None = None,
        records_at: str | None = None,
        beside: Beside | None = None,
    ) -> Service:
        """Open the data folder, made where it is not there, the model and what is beside it.

        Raises:
            GuandianError: one of them cannot be opened.
        """
        limits = limits or Limits()
        beside = beside or Beside()
        assistants = Assistants.open(beside.assist)
        media = MediaFolder(beside.media)
        tracing = open_tracing()
        recommendations = Recommendations(beside.recommend)
        models = LanguageModels.open(beside.language_models, folder, limits.deadline)
        model = ModelSwitch(bundle, beside.adapters)
        promising = Promising(beside.promises, model.current)
        store = _open_store(folder)
        records = _open_records(folder, records_at, store)
        metrics, admission = Metrics(), Admission(limits.queue_reviews, limits.queue_tokens)
        threads = limits.threads or usable_cores()

        def on_batch(reviews: int, tokens: int, seconds: float) -> None:
            metrics.batch(tokens / limits.batch_tokens, seconds)
            admission.answered(reviews * threads, seconds)

        batcher = Batcher(threads, limits.batch_tokens, on_batch)
        metrics.model(model.current.miner.model)
        metrics.watch(
            "guandian_queue_reviews",
            "Reviews that wait or are being read.",
            lambda: admission.reviews,
        )
        metrics.watch("guandian_queue_tokens", "The same in tokens.", lambda: admission.tokens)
        metrics.watch(
            "guandian_damaged_tenants",
            "Tenants whose opinions cannot be read.",
            lambda: len(store.damaged()[1]),
        )
        records.answers.sweep(running=True)
        readings = Readings(store, records)
        uploads = Uploads(folder / "uploads")
        jobs = JobRunner(folder, records, store, uploads, model, batcher)
        jobs.caution_of = promising.caution
        jobs.language_models = models
        jobs.start()
        rollout = Rollout(model, batcher, records, readings, metrics)
        jobs.on_answered = rollout.drift.note
        return cls(
            folder, limits, records, KeyRing(records), model, admission, batcher, store, readings,
            uploads, jobs, rollout, metrics, TenantKnowledge(folder / "knowledge"), tracing,
            recommendations=recommendations, assistants=assistants, media=media,
            language_models=models, promising=promising,
            fleet=_open_fleet(limits, model, batcher, admission, metrics),
        )  # fmt: skip

    @property
    def calls(self) -> Fleet | Batcher:
        """What reads the reviews of calls."""
        return self.fleet or self.batcher

    def beside(
        self, tenant: str, reviews: Sequence[Review], answers: Sequence[Mined]
    ) -> list[Mined]:
        """Answers with the marks that two people decided on, and what the tenant knows beside them.

        Both follow from what is answered and from what counts now: nothing of them is stored.

        Raises:
            GuandianError: the tenant's catalogue or lexicon cannot be read any more.
        """
        if self.abuse.marks(tenant):
            answers = self.abuse.marked(tenant, reviews, answers)
        return self.knowledge.beside(tenant, reviews, answers)

    def first_key(self) -> str | None:
        """The text of an administrator's key, made where there is none yet; else None."""
        if self.records.keys.count():
            return None
        _, text = self.records.keys.create(TENANT, KeyTerms("first", (Scope.ADMIN,)), "serve")
        return text

    def probe(self) -> int:
        """Ask the records and the store a real question.

        Returns:
            Of how many tenants the opinions cannot be read, while those of others can.

        Raises:
            GuandianError: they do not answer.
        """
        self.records.ping()
        whole, damaged = self.store.damaged()
        if damaged and not whole:
            raise next(iter(damaged.values()))
        self.readings.reader(TENANT if TENANT not in damaged else whole[0]).overview()
        return len(damaged)

    def close(self) -> None:
        """End what runs and let go of the data."""
        self.ending.set()
        self.jobs.stop()
        self.language_models.close()
        if self.fleet is not None:
            self.fleet.close()
        self.batcher.close()
        self.rollout.close()
        self.jobs.close()
        self.store.close()
        self.records.close()
        if self.tracing is not None:
            self.tracing.close()


def _open_fleet(
    limits: Limits, model: ModelSwitch, batcher: Batcher, admission: Admission, metrics: Metrics
) -> Fleet | None:
    """The replicas that the limits ask for.

    Raises:
        GuandianError: none could be started.
    """
    if not limits.replicas[1]:
        return None
    fleet = Fleet(limits, model, batcher, admission)
    metrics.watch("guandian_replicas", "Replicas that answer calls.", lambda: fleet.ready)
    return fleet


def _open_store(folder: Path) -> Store:
    """Open a store to write; tenants whose opinions cannot be read are told, where others can.

    Raises:
        GuandianError: it cannot be opened, or nothing in it can be read.
    """
    store = Store.open(folder, write=True)
    try:
        whole, damaged = store.damaged()
        if damaged and not whole:
            raise next(iter(damaged.values()))
    except GuandianError:
        store.close()
        raise
    for tenant, error in damaged.items():
        log_event("damaged", tenant=tenant, problem=error.problem, remedy=error.repair)
    return store


def _open_records(folder: Path, address: str | None, store: Store) -> Records:
    """Open the records for this service alone; the store is closed where that fails.

    Raises:
        GuandianError: they cannot be opened, or another service uses them.
    """
    try:
        records = Records.open(folder, address)
        try:
            records.claim()
        except GuandianError:
            records.close()
            raise
    except GuandianError:
        store.close()
        raise
    return records


async def service_of(request: Request) -> Service:
    """The service that answers a request."""
    service = request.app.state.service
    assert isinstance(service, Service)
    return service


Parts = Annotated[Service, Depends(service_of)]
