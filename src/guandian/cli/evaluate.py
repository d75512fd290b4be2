"""`guandian evaluate`: score a bundle, or any system's recorded answers, on labelled reviews."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from guandian.cli.evaluation_tables import show
from guandian.data import corpus as known_corpus
from guandian.data import read, stream
from guandian.data.taxonomy import to_default
from guandian.domain import Labelled, Mined, Review
from guandian.errors import BadRow, GuandianError
from guandian.evaluation import Options, QuadPredictor, Recorded, Report
from guandian.evaluation import evaluate as score
from guandian.evaluation.page import render_page
from guandian.files.atomic import AtomicFile, refuse_existing, telling
from guandian.files.wire import from_wire

_SHOWN = 5
"""Bad rows that are told one by one; the others are counted."""


def evaluate(
    system: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="A bundle, or mined JSON Lines of any system.")
    ],
    data: Annotated[
        Path | None, typer.Argument(metavar="[DATA]", help="Labelled reviews: a file or folder.")
    ] = None,
    format: Annotated[str, typer.Option(help="The format of DATA.")] = "guandian",
    corpus: Annotated[
        str | None, typer.Option(help="A set that recipes know, instead of DATA; needs --root.")
    ] = None,
    root: Annotated[Path | None, typer.Option(help="The folder that holds the sets.")] = None,
    part: Annotated[str, typer.Option(help="The part to score on.")] = "dev",
    category_mapping: Annotated[
        Literal["own", "default"],
        typer.Option(help="Compare the set's own categories, or the default ones they map to."),
    ] = "own",
    match: Annotated[
        Literal["auto", "span", "text"],
        typer.Option(help="Spans by offsets or by text; auto: text for the zhijiang format."),
    ] = "auto",
    against: Annotated[
        list[Path] | None, typer.Option(help="Another system to set beside it; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    json_out: Annotated[
        Path | None, typer.Option("--json", help="Write every figure to this file.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page to this file.")] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace files that exist.")] = False,
) -> None:
    """Score a bundle on labelled reviews. 在标注评论上评测模型包。"""
    for path in (json_out, html):
        if path is not None:
            refuse_existing(path, overwrite=overwrite)
    console = Console(markup=False, highlight=False)
    examples = _examples(data, format, corpus, root, part)
    if category_mapping == "default":
        examples = [to_default(example) for example in examples]
    name = f"{corpus or data} {part}"
    if match == "auto":
        kind = known_corpus(corpus).format if corpus else format
        match = "text" if kind == "zhijiang" else "span"
    ours, *others = (
        score(_open(path), examples, Options(path.stem, name, mode=match, seed=seed))
        for path in (system, *(against or ()))
    )
    report = Report(ours, tuple(others))
    show(report, console)
    if json_out is not None:
        text = json.dumps(report.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
        _write(json_out, text + "\n", overwrite=overwrite)
    if html is not None:
        _write(html, render_page(report), overwrite=overwrite)


def _examples(
    data: Path | None, format: str, corpus: str | None, root: Path | None, part: str
) -> list[Labelled]:
    bad: list[BadRow] = []
    if corpus is not None and root is not None and data is None:
        examples = list(stream(corpus, root, part, on_error=bad.append))
    elif data is not None and corpus is None:
        examples = list(read(format, data, part=part, on_error=bad.append))
    else:
        raise GuandianError(
            "which labelled reviews to score on is not clear",
            "name a file or folder (DATA, with --format), or --corpus NAME with --root FOLDER",
        )
    for row in bad[:_SHOWN]:
        typer.echo(f"guandian: left out: {row}", err=True)
    if len(bad) > _SHOWN:
        typer.echo(f"guandian: left out: {len(bad) - _SHOWN} more bad rows", err=True)
    if not examples:
        raise GuandianError(
            "there is no labelled review to score on", "choose another part or file"
        )
    return examples


def _open(path: Path) -> QuadPredictor:
    """A system: a bundle's folder, or the JSON Lines of answers that any system gave."""
    if path.is_dir():
        raise GuandianError(f"{path} is a folder", "mine the reviews and evaluate that output")
    answers = {}
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    review, mined = _answer(path, number, line)
                    answers[review.text] = mined
    except UnicodeDecodeError as error:
        raise GuandianError(f"{path} is not UTF-8", "give the output of `guandian mine`") from error
    return Recorded(answers, str(path))


def _answer(path: Path, number: int, line: str) -> tuple[Review, Mined]:
    try:
        return from_wire(json.loads(line))
    except (ValueError, RecursionError) as error:
        raise BadRow(str(path), number, "", str(error)) from error


def _write(path: Path, text: str, *, overwrite: bool) -> None:
    file = AtomicFile(path, overwrite=overwrite)
    try:
        with telling(path):
            file.file.write(text.encode())
        file.commit()
    finally:
        file.discard()
