"""`guandian audit alike`: whether a model answers alike when names, origins or brands differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guandian.cli.console.options import refuse_without
from guandian.cli.console.review_layout import (
    LAYOUT,
    Delimiter,
    Encoding,
    FormatOption,
    Header,
    HeaderRow,
    Sheet,
    layout_of,
    tell_notes,
)
from guandian.errors import GuandianError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guandian.audits.fairness.group_rates import GroupTable
    from guandian.audits.fairness.swap_audit import Predict
    from guandian.audits.fairness.swap_table import SwapTable
    from guandian.domain import Polarity, Review
    from guandian.files import Layout

BundleArgument = Annotated[
    Path, typer.Argument(metavar="BUNDLE", help="A bundle's folder, or guandian-small.")
]
Reviews = Annotated[
    Path | None,
    typer.Argument(
        metavar="REVIEWS", help="Reviews in which words are swapped besides, a file of any form."
    ),
]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--kind", help="Swap words of this kind alone; may be repeated."),
]
Terms = Annotated[
    Path | None,
    typer.Option(help="A file of more words to swap, in the form of docs/alike.md."),
]
Frames = Annotated[
    int | None,
    typer.Option(min=1, help="Frames of each kind and language at most; by default all."),
]
Limit = Annotated[int | None, typer.Option(min=1, help="So many reviews at most.")]
Evenly = Annotated[
    bool,
    typer.Option("--evenly", help="Read the shipped words as `guandian mine --evenly` does."),
]
Mean = Annotated[float, typer.Option(min=0, max=1, help="The largest mean change allowed.")]
Largest = Annotated[float, typer.Option(min=0, max=1, help="The largest change allowed.")]
Flips = Annotated[float, typer.Option(min=0, max=1, help="The largest share of flips allowed.")]
Strict = Annotated[
    bool, typer.Option("--strict", help="Exit with 1 where all swaps together exceed a bound.")
]
Group = Annotated[
    str | None, typer.Option(metavar="COLUMN", help="Compare errors by this column of REVIEWS.")
]
Gold = Annotated[
    str, typer.Option(metavar="COLUMN", help="The column with people's sentiment, for --group.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option(metavar="ROLE=COLUMN,...", help="Columns of the file, as `guandian mine` has it."),
]
Seed = Annotated[int, typer.Option(min=0, help="Of the frames that are drawn.")]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]


def alike(
    context: typer.Context,
    bundle: BundleArgument,
    file: Reviews = None,
    kind: Kinds = None,
    terms: Terms = None,
    frames: Frames = None,
    limit: Limit = None,
    evenly: Evenly = False,
    mean: Mean = 0.01,
    largest: Largest = 0.05,
    flips: Flips = 0.002,
    strict: Strict = False,
    group: Group = None,
    gold: Gold = "sentiment",
    columns: Columns = None,
    format: FormatOption = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    header: Header = True,
    header_row: HeaderRow = None,
    sheet: Sheet = None,
    seed: Seed = 0,
    json_out: JsonOut = None,
    overwrite: Overwrite = False,
) -> None:
    """Swap names, genders, origins and brands, and count what moves."""
    from rich.console import Console

    from guandian.audits.fairness.group_rates import group_table, require_groups
    from guandian.audits.fairness.swap_audit import audit_swaps
    from guandian.audits.fairness.swap_table import SwapBounds
    from guandian.audits.fairness.swap_view import group_view, swap_view
    from guandian.bundle import folders_of
    from guandian.cli.console.reading_progress import ReadingProgress
    from guandian.io.atomic import write_json_whole
    from guandian.io.output_guard import (
        JSON_ENDINGS,
        keep_files_apart,
        refuse_outputs,
        require_ending,
    )
    from guandian.text.swaps.swap_terms import read_terms

    if file is None:
        refuse_without(context, "REVIEWS", "limit", "columns", *LAYOUT, "group", "gold")
    elif group is None:
        refuse_without(context, "--group", "gold")
    keep_files_apart([json_out], [file, terms, *folders_of(bundle)])
    layout = layout_of(format, encoding, delimiter, header, header_row, sheet)
    words = read_terms(terms).only(tuple(dict.fromkeys(kind or ())))
    rows, roles = ([], {}) if file is None else _reviews(file, columns, layout, limit)
    labelled = None if group is None else _labelled(rows, roles, group, gold)
    if labelled is not None:  # the swaps take minutes: what the groups lack is told before
        require_groups([name for _, name, _ in labelled])
    refuse_outputs([json_out], overwrite=overwrite)
    require_ending(json_out, JSON_ENDINGS)
    predict, model = _predictor(bundle, evenly=evenly)
    with ReadingProgress(Console(stderr=True)) as progress:
        texts = [review.text for review in rows]
        table = audit_swaps(predict, words, texts, frames, seed, progress.read)
    groups = None
    if labelled is not None:
        said, names, polarities = zip(*labelled, strict=True)
        groups = group_table(names, polarities, [m.sentiment.label for m in predict(said)])
    bounds = SwapBounds(mean, largest, flips)
    console = Console(highlight=False, markup=False)
    console.print(swap_view(table, bounds))
    if groups is not None:
        console.print()
        console.print(group_view(groups))
    if json_out is not None:
        about = {"model": model, "evenly": evenly}
        write_json_whole(json_out, about | _figures(table, bounds, groups), overwrite=overwrite)
    if strict and table.rows[-1].beyond(bounds):
        raise typer.Exit(1)


def _predictor(bundle: Path, *, evenly: bool) -> tuple[Predict, str]:
    """The model that is audited, and its name and version."""
    from guandian.mining.even_miner import EvenMiner
    from guandian.pipelines.miners import open_miner
    from guandian.text.swaps.swap_terms import shipped_terms

    miner = open_miner(bundle, 1)
    return (EvenMiner(miner, shipped_terms()) if evenly else miner).predict, miner.model


def _reviews(
    file: Path, columns: list[str] | None, layout: Layout, limit: int | None
) -> tuple[list[Review], Mapping[str, str]]:
    """The reviews, and the column of each role that one was found for."""
    from itertools import islice

    from guandian.files import parse_columns, read_reviews

    with read_reviews(file, parse_columns(columns or ()), layout=layout) as reader:
        reviews = list(islice(reader, limit))
        tell_notes(reader.notes)
        return reviews, reader.guess.columns


def _labelled(
    rows: list[Review], roles: Mapping[str, str], group: str, gold: str
) -> list[tuple[str, str, Polarity]]:
    """Text, group and sentiment of the reviews that have both columns filled.

    Raises:
        GuandianError: a column that the file does not have, or a sentiment that is none.
    """
    from guandian.data.readers.rows import TWO_LEVELS, read_level, read_polarity

    groups, golds = _cells(rows, roles, group), _cells(rows, roles, gold)
    filled = [
        (row.text, name, said)
        for row, name, said in zip(rows, groups, golds, strict=True)
        if name and said
    ]
    numbers = {said for _, _, said in filled} <= {"0", "1"}
    labelled = []
    for number, (text, name, said) in enumerate(filled, 1):
        try:
            polarity = read_level(said, TWO_LEVELS) if numbers else read_polarity(said)
        except ValueError as error:
            raise GuandianError(f"{gold} of labelled review {number}: {error}") from error
        labelled.append((text, name, polarity))
    return labelled


def _cells(rows: list[Review], roles: Mapping[str, str], column: str) -> list[str]:
    """A column of the reviews, without blanks around; it may be one that has a role."""
    known = dict.fromkeys(name for review in rows for name in review.extra)
    if column in known:
        return [review.extra.get(column, "").strip() for review in rows]
    named = {name: role for role, name in roles.items() if role not in ("text", "id")}
    if column not in named:
        raise GuandianError(
            f"the reviews have no column {column!r} to compare by",
            f"such columns: {', '.join([*known, *named])}"
            if known or named
            else "its columns are the text and the id alone",
        )
    values = (getattr(review, named[column]) for review in rows)
    return ["" if value is None else str(value).strip() for value in values]


def _figures(table: SwapTable, bounds: object, groups: GroupTable | None) -> dict[str, object]:
    from dataclasses import asdict

    figures: dict[str, object] = {
        "bounds": asdict(bounds),  # type: ignore[call-overload]
        "rows": table.to_json(),
    }
    return figures if groups is None else figures | {"groups": groups.to_json()}
