"""A mining job: files in, one file out; kill it anywhere, start it again, the same output."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import guandian
from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.files import ColumnGuess, RejectFile, check_output, open_writer, read_chunk
from guandian.io.atomic import move_into_place, refuse_existing, refuse_folder
from guandian.io.output_guard import keep_apart
from guandian.mining.batching import (
    Answers,
    LazyMiner,
    MiningEngine,
    NeverAnswered,
    PendingAnswers,
)
from guandian.mining.chunks import ROWS, chunk_name, chunks
from guandian.mining.duplicate_ids import RepeatedIds
from guandian.mining.inputs import Inputs
from guandian.mining.job_folder import Mode, WorkFolder, folder_of
from guandian.mining.job_manifest import Counts, FileState, JobManifest, read_states, record_of
from guandian.mining.setting_aside import UNANSWERED

_NAMED, _SHOWN = 5, 60
"""Reviews without an answer that are named, and characters of their ids."""
_LINES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".txt")


class Watch:
    """The events of a job while it runs; each does nothing unless a subclass does."""

    def started(self, rows: int | None) -> None:
        """About `rows` reviews are to be read, None when no one knows."""

    def opened(self, path: str, guess: ColumnGuess) -> None:
        """A file was opened, and these of its columns are taken."""

    def noted(self, words: str) -> None:
        """The owner of a file must know this of it."""

    def mined(self, reviews: Sequence[Review], mined: Sequence[Mined], *, earlier: bool) -> None:
        """A chunk is done; `earlier` when a run before this one had done it."""

    def kept(self, folder: Path) -> None:
        """The job stops before its end; what is done stays in `folder`."""


def written_for(out: Path, rejects: Path | None) -> list[Path]:
    """The files that a job that writes `out` replaces and removes.

    Raises:
        GuandianError: one of them is a folder.
    """
    named = [out, *([rejects] if rejects else [])]
    for path in named:
        refuse_folder(path)
    return [*named, record_of(out), folder_of(out)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a job.

    Attributes:
        counts: of the whole output.
        fresh: reviews that this run answered; the others were done earlier.
        unchanged: the output was there already, made from just this.
        notes: what the reader of the output must know, such as where a sheet was full.
    """

    counts: Counts
    fresh: int = 0
    unchanged: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Mine files into a file.

    Attributes:
        inputs: what to read.
        out: the output; its ending chooses the format.
        model: what answers.
        rejects: where rejected rows go; None only counts them.
        mode: what to do about an output or an unfinished job that is there.
        workers: threads that mine at once.
        rows: reviews of a chunk, at most.
        engine: makes what answers in place of threads; its answers are theirs, byte for byte.
    """

    inputs: Inputs
    out: Path
    model: LazyMiner
    rejects: Path | None = None
    mode: Mode = "new"
    workers: int = 1
    rows: int = ROWS
    engine: Callable[[], MiningEngine] | None = None

    def run(self, watch: Watch | None = None) -> Outcome:
        """Do the job, or what is left of it.

        Raises:
            GuandianError: a bad input, an output that must not be touched, a full disk. What was
                finished stays in the folder `OUT.job`, and so it does on KeyboardInterrupt.
        """
        watch = watch or Watch()
        keep_apart(written_for(self.out, self.rejects), self.inputs.files)
        check_output(self.out, overwrite=True)
        states = read_states(self.inputs)
        with WorkFolder(self.out) as folder:
            model = (self.model.id, self.model.key)
            record = JobManifest(self.out, self.inputs, states, self.rejects, model)
            # The output was written from just these inputs and options: resuming it is to do
            # nothing.
            if self.mode == "resume" and (counts := record.finished()):
                folder.remove()
                return Outcome(counts, unchanged=True)
            ours = False
            if self.rejects:
                # A rejects file that another command wrote is never replaced by resuming.
                ours = record.named(self.rejects) or folder.began_with(self.rejects)
                replace = self.mode == "overwrite" or (self.mode == "resume" and ours)
                refuse_existing(self.rejects, overwrite=replace)
            if self.mode == "resume" and states and folder.holds:
                self._refuse_other(folder)
            folder.begin(self.mode, self.rejects)
            watch.started(self._rows(states) if states else None)
            run = _Run(self, folder, watch, ours)
            try:
                notes = run.finish(record)
            # Also KeyboardInterrupt: what is done has to be told before the lock is given back.
            except BaseException:
                if folder.holds:
                    watch.kept(folder.path)
                raise
        return Outcome(run.counts, run.fresh, notes=tuple(notes))

    def _refuse_other(self, folder: WorkFolder) -> None:
        """Refuse to go on with what was made from something else altogether.

        The input is read up to a review that begins a kept chunk, most often the first of all. By
        another model or version such a chunk is made anew, and nothing of the user's is lost.
        """
        beginnings = set[tuple[str, str]]()
        for chunk in folder.kept():
            with suppress(GuandianError, StopIteration):
                review, _ = next(read_chunk(chunk))
                beginnings.add((review.id, review.text))
        watch = Watch()
        read = self.inputs.read(RejectFile(), watch.opened, watch.noted)
        if beginnings and not any((review.id, review.text) in beginnings for review in read):
            raise GuandianError(
                f"none of the {len(beginnings):,} chunks kept in {folder.path} is of this input",
                "say --overwrite to drop them, or choose another output with -o",
            )

    def _rows(self, states: Sequence[FileState]) -> int | None:
        """About how many reviews there are: a line each, those that name the columns aside.

        None where a file has no lines, such as a workbook or what is compressed.
        """
        if not all(Path(state.path).suffix.lower() in _LINES for state in states):
            return None
        named = self.inputs.layout.header
        tables = sum(Path(state.path).suffix.lower() in (".csv", ".tsv") for state in states)
        return max(0, sum(state.lines for state in states) - named * tables)


@dataclass(slots=True)
class _Run:
    """One run of a job."""

    job: Job
    folder: WorkFolder
    watch: Watch
    ours: bool
    counts: Counts = field(default_factory=Counts)
    fresh: int = 0
    names: list[str] = field(default_factory=list)
    passed: dict[str, None] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    unanswered: list[str] = field(default_factory=list)

    def finish(self, record: JobManifest) -> list[str]:
        """Mine what is left, make the output appear, and clear up; the writer's notes."""
        self._mine()
        model = self.job.model
        notes = self.folder.publish(self.names, tuple(self.passed), model.heads, model.names)
        if self.job.rejects:
            self._publish_rejects(self.job.rejects)
        # After the output has its name and before the chunks go: a kill between the two is
        # repeated, never lost.
        record.write(self.counts, self.folder.path)
        self.folder.remove()
        return notes

    def _publish_rejects(self, path: Path) -> None:
        if self.counts.rejected:
            move_into_place(self.folder.rejects, path, overwrite=self.job.mode != "new")
        elif self.ours:
            path.unlink(missing_ok=True)  # an earlier run's

    def _mine(self) -> None:
        job, queue = self.job, deque[tuple[str, PendingAnswers, bool]]()
        rejects = RejectFile(self.folder.rejects if job.rejects else None, overwrite=True)
        ids = RepeatedIds()
        engine = job.engine() if job.engine else None
        with rejects, Answers(job.model, job.workers, engine=engine) as answers:
            try:
                # Reading goes on in this thread while others answer; `ahead` bounds what waits
                # in memory.
                read = ids.watch(job.inputs.read(rejects, self._opened, self.watch.noted))
                for reviews in chunks(read, job.rows):
                    queue.append(self._begin(reviews, answers))
                    if len(queue) > answers.engine.ahead:
                        self._end(*queue.popleft())
            except GuandianError:  # a bad row: what was begun before it is kept
                for entry in queue:
                    with suppress(GuandianError, NeverAnswered):
                        self._end(*entry)
                raise
            self._end_all(queue)
            self.counts.rejected, self.counts.repeated_ids = rejects.count, ids.count
            self.counts.skipped = rejects.skipped
        if self.unanswered:
            self.watch.noted(_unanswered_words(self.unanswered))

    def _end_all(self, queue: deque[tuple[str, PendingAnswers, bool]]) -> None:
        while queue:
            self._end(*queue.popleft())

    def _opened(self, path: str, guess: ColumnGuess) -> None:
        self.passed.update(dict.fromkeys(guess.passed))
        self.read.update(
            guess.columns[role] for role in ("rating", "time") if role in guess.columns
        )
        self.watch.opened(path, guess)

    def _begin(self, reviews: list[Review], answers: Answers) -> tuple[str, PendingAnswers, bool]:
        for review in reviews:  # what could not be read stays under the name of its column
            self.passed.update(dict.fromkeys(self.read.intersection(review.extra)))
        # The name is a digest of the reviews, the version and the model: a chunk is taken up
        # again only where all three are as they were.
        name = chunk_name(reviews, f"{guandian.__version__} {self.job.model.key}")
        earlier = _finished(self.folder.chunk(name), reviews)
        return name, answers.ask(reviews, earlier), earlier is not None

    def _end(self, name: str, query: PendingAnswers, earlier: bool) -> None:
        mined = query.wait()
        if not earlier:
            with open_writer(self.folder.chunk(name), overwrite=True) as writer:
                for review, answer in zip(query.reviews, mined, strict=True):
                    writer.write(review, answer)
            self.fresh += len(mined)
        self.names.append(name)
        self.counts.reviews += len(mined)
        self.counts.opinions += sum(len(answer.opinions) for answer in mined)
        self.counts.warnings += sum(len(answer.warnings) for answer in mined)
        self.counts.recalled += query.recalled
        self.unanswered += [answer.review_id for answer in mined if UNANSWERED in answer.warnings]
        self.watch.mined(query.reviews, mined, earlier=earlier)


def _unanswered_words(ids: Sequence[str]) -> str:
    named = ", ".join(repr(name[:_SHOWN]) for name in ids[:_NAMED])
    rest = ", …" if len(ids) > _NAMED else ""
    return (
        f"{len(ids):,} reviews ended whoever read them, each time, and are set aside without an"
        f" answer: {named}{rest}"
    )


def _finished(path: Path, reviews: Sequence[Review]) -> list[Mined] | None:
    """The answers that an earlier run left at `path`, None unless they are whole."""
    if path.exists():
        with suppress(GuandianError):  # a chunk that someone damaged is answered again
            mined = [answer for _, answer in read_chunk(path)]
            if [answer.review_id for answer in mined] == [review.id for review in reviews]:
                return mined
    return None
