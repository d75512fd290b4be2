"""`guandian mine`: files of reviews in, opinions with their evidence out."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from guandian.cli.mining_progress import Progressing
from guandian.composition import open_model
from guandian.domain import Review
from guandian.engine import usable_cores
from guandian.errors import GuandianError
from guandian.files import ColumnChoice, Format, Layout, OnError, RejectFile, StandardOutput
from guandian.mining import Answers, Counts, Inputs, Job, Mode, Model, mine_file, mine_live
from guandian.report import Run, one_review, summary_table

Files = Annotated[
    list[str] | None,
    typer.Argument(help="CSV, TSV, JSON Lines, text, Excel, Parquet; - reads lines."),
]
Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", help="The output: .jsonl, .csv, .tsv, .xlsx or .parquet."),
]
TextOption = Annotated[str | None, typer.Option(help="One review, shown with its spans coloured.")]
Bundle = Annotated[
    Path | None, typer.Option("--model", help="Another bundle than the shipped one.")
]
Errors = Annotated[OnError, typer.Option(help="At a row that cannot be read.")]
Rejects = Annotated[
    Path | None, typer.Option(help="Where skipped rows go; by default beside the output.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with an unfinished job; a finished one stays.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Read so many reviews at most.")]
Threads = Annotated[int | None, typer.Option(min=1, help="By default, every core.")]
FormatOption = Annotated[Format | None, typer.Option(help="Of the input, if its ending misleads.")]
Encoding = Annotated[str | None, typer.Option(help="Of the input, where it is not found out.")]
Delimiter = Annotated[str | None, typer.Option(help="Of a CSV input, where it is not found out.")]
Header = Annotated[bool, typer.Option(help="Whether the first row names the columns.")]
Sheet = Annotated[str | None, typer.Option(help="Of an Excel input; by default the first.")]
Column = Annotated[str | None, typer.Option(help="Name or number of the column.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress bar, columns or summary.")]


def mine(
    files: Files = None,
    out: Out = None,
    text: TextOption = None,
    model: Bundle = None,
    on_error: Errors = "stop",
    rejects: Rejects = None,
    overwrite: Overwrite = False,
    resume: Resume = False,
    limit: Limit = None,
    threads: Threads = None,
    format: FormatOption = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    header: Header = True,
    sheet: Sheet = None,
    text_column: Column = None,
    id_column: Column = None,
    product_column: Column = None,
    brand_column: Column = None,
    rating_column: Column = None,
    time_column: Column = None,
    user_column: Column = None,
    source_column: Column = None,
    quiet: Quiet = False,
) -> None:
    """Mine opinions from reviews. 从评论中挖掘观点。"""
    if (text is None) == (not files):
        raise GuandianError(
            "mine takes files or a text",
            'guandian mine reviews.csv -o opinions.jsonl, or guandian mine --text "屏幕很清晰"',
        )
    if text is not None:
        _show(text, open_model(model, threads))
        return
    if overwrite and resume:
        raise GuandianError("--overwrite and --resume exclude each other", "say one of them")
    columns = ColumnChoice(
        text_column, id_column, product_column, brand_column,
        rating_column, time_column, user_column, source_column,
    )  # fmt: skip
    layout = Layout(format, encoding, delimiter, header, sheet)
    inputs = Inputs(tuple(files or ()), columns, layout, on_error, limit)
    task = _Task(inputs, model, threads or usable_cores(), quiet)
    if out is None or str(out) == "-":
        task.to_standard_output(rejects)
    else:
        mode: Mode = "overwrite" if overwrite else "resume" if resume else "new"
        task.to_file(out, rejects, mode)


@dataclass(frozen=True)
class _Task:
    """What was asked for."""

    inputs: Inputs
    bundle: Path | None
    cores: int
    quiet: bool

    def to_file(self, out: Path, rejects: Path | None, mode: Mode) -> None:
        """A job; what it finished outlives an interrupt and an error."""
        if rejects is None and self.inputs.on_error == "skip":
            rejects = out.with_name(f"{out.stem}.rejects.jsonl")
        begun, console = perf_counter(), Console(stderr=True, highlight=False)
        watch = Progressing(console, quiet=self.quiet)
        # One forward pass a thread: the threads need not wait for each other.
        model = open_model(self.bundle, threads=1)
        job = Job(self.inputs, out, model, rejects, mode, self.cores)
        try:
            with watch:
                done = job.run(watch)
        except KeyboardInterrupt:
            console.print(Text("中断 interrupted", style="bold"))
            _tell_resume(watch.kept_in, console)
            raise typer.Exit(130) from None
        except GuandianError as error:
            console.print(Text(f"guandian: {error}"), soft_wrap=True)
            _tell_resume(watch.kept_in, console)
            raise typer.Exit(2) from None
        for note in done.notes:
            console.print(Text(f"注意 note: {note}", style="yellow"), soft_wrap=True)
        if self.quiet:
            return
        screen = Console(highlight=False)
        if done.unchanged:
            screen.print(Text(_unchanged(out, done.counts)), soft_wrap=True)
            return
        counts = replace(done.counts, reviews=done.fresh)
        run = self._run(counts, perf_counter() - begun, rejects)
        screen.print(summary_table(watch.total, model.names, run))
        screen.print(Text(f"→ {out}"), soft_wrap=True)

    def to_standard_output(self, rejects: Path | None) -> None:
        """JSON Lines as they come; the summary goes to standard error."""
        self.inputs.keep_apart(rejects)
        begun, console = perf_counter(), Console(stderr=True, highlight=False)
        watch = Progressing(console, quiet=self.quiet)
        model = open_model(self.bundle, threads=1)
        live = self.inputs.paths == ("-",)
        try:
            with watch, RejectFile(rejects) as kept, Answers(model, self.cores) as answers:
                reviews = self.inputs.read(kept, watch.opened)
                answer = mine_live if live else mine_file
                counts = answer(reviews, answers, StandardOutput(), watch)
                counts.rejected = kept.count
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except BrokenPipeError:  # whoever reads has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        if not self.quiet:
            run = self._run(counts, perf_counter() - begun, rejects)
            console.print(summary_table(watch.total, model.names, run))

    def _run(self, counts: Counts, seconds: float, rejects: Path | None) -> Run:
        place = str(rejects) if rejects else ""
        return Run(seconds, self.cores, counts.reviews, counts.rejected, place, counts.duplicates)


def _show(text: str, model: Model) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise GuandianError(
            f"the text is not Unicode: see its character {error.start + 1}",
            "give it in the encoding of the terminal, or in a file with --encoding",
        ) from error
    if not text.strip():
        raise GuandianError("the text is empty", 'guandian mine --text "屏幕很清晰"')
    review = Review("1", text)
    (found,) = model.miner.mine([review])
    Console(highlight=False).print(one_review(review, found, model.names))


def _unchanged(out: Path, counts: Counts) -> str:
    return (
        f"{out} 已是最新，无需重做 was made from just this before, nothing is to be done: "
        f"{counts.reviews:,} reviews, {counts.opinions:,} opinions, {counts.rejected:,} rejects"
    )


def _tell_resume(folder: Path | None, console: Console) -> None:
    if folder:
        given = [part for part in sys.argv[1:] if part not in ("--overwrite", "--resume")]
        again = shlex.join(["guandian", *given, "--resume"])
        console.print(Text(f"已完成的部分保存在 what is done is kept in {folder}"), soft_wrap=True)
        console.print(Text(f"继续 go on with: {again}"), soft_wrap=True)
