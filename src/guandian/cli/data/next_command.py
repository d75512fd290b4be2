"""`guandian data next`: the reviews that annotators should label next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from guandian.bundle import folders_of, shipped
from guandian.cli.console.options import refuse_without
from guandian.cli.console.review_layout import tell_notes
from guandian.cli.data.convert_command import name_losses
from guandian.domain import Quad, Review
from guandian.errors import BadRow, GuandianError
from guandian.evaluation.annotation_cost import AnnotationCost
from guandian.io.atomic import write_whole
from guandian.io.output_guard import keep_files_apart, refuse_outputs
from guandian.labelling import TOOLS, Item, Notes, one_each, read_items, tool_of, write_items
from guandian.labelling.annotation import is_labelled
from guandian.labelling.choosing import (
    STRATEGIES,
    NextBatch,
    Pool,
    Strategy,
    choose_batch,
)
from guandian.labelling.csv_table import holds_labels
from guandian.labelling.label_studio_config import labelling_config
from guandian.labelling.plain_lines import guessed
from guandian.wording import counted, say

_STATED = AnnotationCost()
_WRITTEN = ", ".join(name for name, tool in TOOLS.items() if tool.write)
_SHOWN = 10
_WORKBOOKS = (".xlsx", ".xlsm", ".xls")
_TABLES = (".csv", ".tsv", *_WORKBOOKS)


def next_command(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="Mined reviews, which is quick, or reviews of any format of `guandian data "
            "convert` or a table of `guandian mine`, which the model reads first."
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The batch, a file for a label tool.")],
    to: Annotated[str, typer.Option(metavar="TOOL", help=f"One of: {_WRITTEN}.")] = "label-studio",
    by: Annotated[
        Strategy, typer.Option(help=f"What makes a review worth it: {', '.join(STRATEGIES)}.")
    ] = "entropy",
    count: Annotated[int, typer.Option("-n", help="Reviews at most.", min=1)] = 50,
    seconds: Annotated[
        float | None,
        typer.Option(help="Of annotators, that the batch may cost; no bound by default.", min=1),
    ] = None,
    cost: Annotated[
        str,
        typer.Option(
            metavar="REVIEW,CHARACTER,CORRECTION", help="Seconds of an annotator for each of them."
        ),
    ] = f"{_STATED.review:g},{_STATED.character:g},{_STATED.correction:g}",
    per_second: Annotated[
        bool,
        typer.Option(
            "--per-second/--per-review", help="Whether worth counts by the second that it costs."
        ),
    ] = False,
    labelled: Annotated[
        list[Path] | None,
        typer.Option(help="Reviews that are labelled already, may be repeated: none comes again."),
    ] = None,
    beside: Annotated[
        list[Path] | None,
        typer.Option(
            help="The same reviews mined by another model, may be repeated: for a committee."
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="Reads what nobody mined: a bundle or run, by default the shipped one."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of what is drawn.", min=0)] = 1,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an output that exists.")
    ] = False,
) -> None:
    """Choose the reviews to label next, with what a model finds in them to be corrected."""
    config = _configuration(out, to)
    reads = [file, *(labelled or ()), *(beside or ()), *folders_of(model or shipped())]
    keep_files_apart([out, config], reads)
    if by != "committee":
        refuse_without(context, "--by committee", "beside")
    prices, known, others = _prices(cost), set[str](), list[Sequence[Sequence[Quad]]]()
    notes, bad = Notes(), list[BadRow]()
    for path in labelled or ():
        known |= {item.record.text for item in _read(path, notes, bad)}
    items = _answered(file, known, model, notes, bad)
    for path in beside or ():
        others.append(_answers(_read(path, notes, bad), items, path))
    screen = Console(stderr=True, highlight=False)
    name_losses(screen, notes, bad)
    _require(items, file)
    refuse_outputs([out, config], overwrite=overwrite)
    pool = Pool(items, sorted(known), others)
    budget = float("inf") if seconds is None else seconds
    batch = choose_batch(
        pool, by, count, cost=prices, budget=budget, per_second=per_second, seed=seed
    )
    chosen = [items[row] for row in batch.rows]
    write_whole(out, write_items(chosen, to, Notes()), overwrite=overwrite)
    if config is not None:
        write_whole(config, labelling_config([item.record for item in items]), overwrite=overwrite)
    _show(Console(highlight=False), chosen, batch.worth)
    screen.print(Text(_summary(batch, len(items), out)), soft_wrap=True)


def _require(items: Sequence[Item], file: Path) -> None:
    if not items:
        raise GuandianError(
            f"{file} holds no review that is not labelled", "name a file of other reviews"
        )


def _summary(batch: NextBatch, total: int, out: Path) -> str:
    return say(
        "{reviews} of {all:,}, about {minutes:,.1f} minutes of an annotator: {out}",
        reviews=counted(len(batch.rows), "reviews"),
        all=total,
        minutes=sum(batch.seconds) / 60,
        out=out,
    )


def _configuration(out: Path, to: str) -> Path | None:
    """Where the labelling configuration of Label Studio goes; None for other tools."""
    config = out.with_suffix(".xml") if to == "label-studio" and out.name else None
    if out == config:
        raise GuandianError(
            f"{out} is where the labelling configuration goes", "give a name such as tasks.json"
        )
    return config


def _read(path: Path, notes: Notes, bad: list[BadRow]) -> list[Item]:
    return one_each(read_items(path, tool_of(path), notes, on_error=bad.append), notes)


def _prices(text: str) -> AnnotationCost:
    try:
        review, character, correction = (float(part) for part in text.split(","))
    except ValueError:
        raise GuandianError(
            f"--cost takes three numbers, got {text[:60]!r}",
            "seconds by review, character and correction, such as 4,0.25,8",
        ) from None
    return AnnotationCost(review, character, correction)


def _left(items: Sequence[Item], known: set[str]) -> list[Item]:
    """The reviews that nobody labelled, a text once."""
    by_text: dict[str, Item] = {}
    for item in items:
        text = item.record.text
        decided = not item.model and is_labelled(item.record)
        if text.strip() and text not in known and not decided:
            by_text.setdefault(text, item)
    return list(by_text.values())


def _answered(
    file: Path, known: set[str], model: Path | None, notes: Notes, bad: list[BadRow]
) -> list[Item]:
    """The reviews of the pool that nobody labelled, with a model's answers."""
    if _is_table_of_reviews(file):
        return _read_table(file, known, model)
    return _read_by_model(_left(_read(file, notes, bad), known), model)


def _is_table_of_reviews(file: Path) -> bool:
    """Whether a file is a table, as shops export them, without any labels."""
    suffix = file.suffix.lower()
    if not file.is_file() or suffix not in _TABLES:
        return False
    return suffix in _WORKBOOKS or not holds_labels(file)


def _read_table(file: Path, known: set[str], model: Path | None) -> list[Item]:
    """The reviews of a table that nobody labelled, a text once, as the model answers them."""
    from guandian.files import read_reviews
    from guandian.pipelines import open_miner

    by_text: dict[str, Review] = {}
    with read_reviews(file) as reader:
        for review in reader:
            if review.text not in known:
                by_text.setdefault(review.text, review)
        tell_notes(reader.notes)
    reviews = list(by_text.values())
    mined = open_miner(model).mine(reviews)
    return [guessed(*pair, file.stem) for pair in zip(reviews, mined, strict=True)]


def _read_by_model(items: Sequence[Item], model: Path | None) -> list[Item]:
    """The items with answers of a model where they have none."""
    bare = [item for item in items if not item.model]
    if not bare:
        if items and model is not None:
            raise GuandianError(
                "every review was mined before: --model would do nothing",
                "leave it out, or name a file of reviews as they are",
            )
        return list(items)
    from guandian.pipelines import open_miner

    reviews = [Review(item.record.id, item.record.text) for item in bare]
    mined = open_miner(model).mine(reviews)
    answered = {
        review.text: guessed(review, answer, item.record.dataset)
        for item, review, answer in zip(bare, reviews, mined, strict=True)
    }
    return [item if item.model else answered[item.record.text] for item in items]


def _answers(other: Sequence[Item], items: Sequence[Item], path: Path) -> list[Sequence[Quad]]:
    """What another model says of each of the items.

    Raises:
        GuandianError: it did not read all of them.
    """
    by_text = {item.record.text: item.record.quads or () for item in other}
    lacking = [item.record.id for item in items if item.record.text not in by_text]
    if lacking:
        raise GuandianError(
            f"{path} lacks {len(lacking):,} of the reviews: {', '.join(lacking[:5])}",
            "mine the same file with both models",
        )
    return [by_text[item.record.text] for item in items]


def _show(screen: Console, items: Sequence[Item], worth: Sequence[float]) -> None:
    for row, item in enumerate(items[:_SHOWN]):
        mark = f"{worth[row]:6.3f}  " if worth else ""
        line = item.record.text if len(item.record.text) <= 60 else item.record.text[:59] + "…"
        screen.print(Text(f"{mark}{item.record.id}  {line}"), soft_wrap=True)
