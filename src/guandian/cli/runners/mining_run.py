"""The run of `guandian mine`: files into a file, or into standard output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Literal

import typer
from rich.console import Console
from rich.text import Text

from guandian import pipelines as composition
from guandian.cli.console.mining_progress import Progressing
from guandian.cli.console.resuming import tell_resume
from guandian.cli.console.review_layout import tell_notes
from guandian.cli.console.signals import settle
from guandian.cli.console.streams import finish_streams, printing
from guandian.cli.knowledge.catalogue_tables import tell_bad_rows
from guandian.engine import usable_cores
from guandian.errors import GuandianError
from guandian.files import RejectFile, StandardOutput
from guandian.io.atomic import refuse_folder, why_not_written
from guandian.io.output_guard import keep_apart, redirected, refuse_outputs
from guandian.mining.batching import Answers, LazyMiner, MiningEngine
from guandian.mining.duplicate_ids import RepeatedIds
from guandian.mining.inputs import Inputs
from guandian.mining.job import Job, written_for
from guandian.mining.job_folder import Mode, clear_up
from guandian.mining.job_manifest import Counts
from guandian.mining.stream import mine_file, mine_live
from guandian.pipelines.engines.answer_settings import AnswerSettings
from guandian.pipelines.engines.mining_engines import MinerSource, engine_of
from guandian.report import Correction, MiningRun, summary_table
from guandian.wording import counted, say, term, told


@dataclass(frozen=True)
class MiningTask:
    """The inputs, model and settings of one mining.

    Attributes:
        inputs: what to read.
        bundle: the model; None is the shipped one.
        cores: threads that mine at once.
        quiet: no progress bar, columns or summary.
        custom: of annotation to answer by; None is the model's own.
        filler: a list of boilerplate besides the shipped one.
        key: the file that the secret of pseudonyms was read from.
        settings: what is done with reviews and answers besides.
        promises: the file that its promise was read from; None is the shipped one.
        engine: what mines a file into a file.
        workers: of an engine that is not this process; None is all that it has.
    """

    inputs: Inputs
    bundle: Path | None
    cores: int
    quiet: bool
    custom: str | None = None
    filler: Path | None = None
    key: Path | None = None
    settings: AnswerSettings = field(default_factory=AnswerSettings)
    promises: Path | None = None
    engine: Literal["local", "ray"] = "local"
    workers: int | None = None

    def to_file(self, out: Path, rejects: Path | None, mode: Mode) -> None:
        """A job; what it finished outlives an interrupt and an error."""
        refuse_folder(out)
        if rejects is None and self.inputs.on_error == "skip":
            rejects = out.with_name(f"{out.name}.rejects.jsonl")
        keep_apart(written_for(out, rejects), self._reads())
        started, console = perf_counter(), Console(stderr=True, highlight=False)
        watch = Progressing(console, quiet=self.quiet)
        # One forward pass a thread: the threads need not wait for each other.
        model = self._model()
        engines: list[MiningEngine] = []
        make = self._engine(model, engines.append)
        job = Job(self.inputs, out, model, rejects, mode, self.cores, engine=make)
        try:
            with watch:
                result = job.run(watch)
        except KeyboardInterrupt as stopped:
            settle()
            # The frames that were left hold the job's lock, where its own end was cut short.
            stopped.__traceback__ = stopped.__context__ = None
            unfinished = clear_up(out)
            tell_resume(console, _kept_in(unfinished) if unfinished else None)
            raise typer.Exit(130) from None
        except GuandianError as error:
            for words in told(str(error)):
                console.print(Text(f"guandian: {words}"), soft_wrap=True)
            if watch.kept_in:
                tell_resume(console, _kept_in(watch.kept_in), term("not finished"))
            raise typer.Exit(2) from None
        tell_notes((*watch.notes, *result.notes), console)
        if self.quiet:
            return
        counts = replace(result.counts, reviews=result.fresh)
        cores = engines[0].workers if engines else min(self.cores, usable_cores())
        run = self._run(counts, perf_counter() - started, rejects, cores)
        try:
            screen = Console(highlight=False)
            if result.unchanged:
                screen.print(Text(_unchanged(out, result.counts)), soft_wrap=True)
            else:
                correction = Correction.of(model.rates, model.id)
                screen.print(summary_table(watch.total, model.names, run, correction=correction))
                screen.print(Text(f"→ {out}"), soft_wrap=True)
            finish_streams()
        except OSError as error:
            raise GuandianError(
                f"cannot write standard output: {why_not_written(error)}; {out} is complete",
                "make room where it goes, let it go elsewhere, or say --quiet",
            ) from error

    def to_standard_output(self, rejects: Path | None, *, overwrite: bool) -> None:
        """JSON Lines as they come; the summary goes to standard error."""
        if rejects:
            refuse_folder(rejects)
        keep_apart([redirected(1), rejects], self._reads())
        refuse_outputs([rejects], overwrite=overwrite)
        started, console = perf_counter(), Console(stderr=True, highlight=False)
        watch = Progressing(console, quiet=self.quiet)
        model = self._model()
        live, ids = self.inputs.paths == ("-",), RepeatedIds()
        reject_file = RejectFile(rejects, overwrite=overwrite)
        with printing(), watch, reject_file, Answers(model, self.cores) as answers:
            reviews = ids.watch(self.inputs.read(reject_file, watch.opened, watch.noted))
            answer = mine_live if live else mine_file
            counts = answer(reviews, answers, StandardOutput(), watch)
            counts.rejected, counts.repeated_ids = reject_file.count, ids.count
        tell_notes(watch.notes, console)
        if not self.quiet:
            # More threads than cores share them.
            cores = min(self.cores, usable_cores())
            run = self._run(counts, perf_counter() - started, rejects, cores)
            shown_as = summary_table(
                watch.total, model.names, run, correction=Correction.of(model.rates, model.id)
            )
            console.print(shown_as)

    def _model(self) -> LazyMiner:
        model = self._source.opened()
        if self.settings.known.paths:
            tell_bad_rows(self.settings.known.opened[1])
        return model

    @property
    def _source(self) -> MinerSource:
        return MinerSource(self.bundle, self.custom, self.filler, self.settings)

    def _engine(
        self, model: LazyMiner, made: Callable[[MiningEngine], None]
    ) -> Callable[[], MiningEngine] | None:
        """What makes the engine, None where threads mine; `made` is told of it."""
        if self.engine == "local":
            return None
        make = engine_of(self.engine, self._source, model, self.workers)

        def telling() -> MiningEngine:
            made(engine := make())
            return engine

        return telling

    def _reads(self) -> list[Path]:
        named = [path for path in (self.filler, self.key, self.promises) if path is not None]
        named += self.settings.known.paths
        return [*self.inputs.files, *named, *composition.reads_of_model(self.bundle)]

    def _run(self, counts: Counts, seconds: float, rejects: Path | None, cores: int) -> MiningRun:
        path = str(rejects) if rejects else ""
        return MiningRun(seconds, cores, counts.reviews, counts.rejected, path, counts.repeated_ids)


def _unchanged(out: Path, counts: Counts) -> str:
    return (
        f"{out} "
        + say("was made from just this before, nothing is to be done")
        + f": {counted(counts.reviews, 'reviews')}, {counts.opinions:,} "
        + say("opinions, those of copies too")
        + f", {counted(counts.rejected, 'rejects')}"
    )


def _kept_in(folder: Path) -> str:
    return f"{say('what is done is kept in')} {folder}"
