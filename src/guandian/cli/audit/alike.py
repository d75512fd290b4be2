"""`guandian audit alike`: whether a model answers alike when names, origins or brands differ."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guandian.cli.console.options import refuse_without
from guandian.errors import GuandianError

if TYPE_CHECKING:
    from guandian.audits.fairness.group_rates import GroupTable
    from guandian.audits.fairness.swap_audit import Predict
    from guandian.audits.fairness.swap_table import SwapTable
    from guandian.domain import Review

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
    seed: Seed = 0,
    json_out: JsonOut = None,
    overwrite: Overwrite = False,
) -> None:
    """Swap names, genders, origins and brands, and count what moves."""
    import json

    from rich.console import Console

    from guandian.audits.fairness.swap_audit import audit_swaps
    from guandian.audits.fairness.swap_table import SwapBounds
    from guandian.audits.fairness.swap_view import group_view, swap_view
    from guandian.bundle import folders_of
    from guandian.io.atomic import write_whole
    from guandian.io.output_guard import (
        JSON_ENDINGS,
        keep_files_apart,
        refuse_outputs,
        require_ending,
    )
    from guandian.text.swaps.swap_terms import read_terms

    if file is None:
        refuse_without(context, "REVIEWS", "limit", "columns", "group", "gold")
    elif group is None:
        refuse_without(context, "--group", "gold")
    keep_files_apart([json_out], [file, terms, *folders_of(bundle)])
    words = read_terms(terms).only(tuple(dict.fromkeys(kind or ())))
    rows = [] if file is None else _reviews(file, columns, limit)
    refuse_outputs([json_out], overwrite=overwrite)
    require_ending(json_out, JSON_ENDINGS)
    predict = _predictor(bundle, evenly=evenly)
    table = audit_swaps(predict, words, [review.text for review in rows], frames, seed)
    groups = None if group is None else _groups(predict, rows, group, gold)
    bounds = SwapBounds(mean, largest, flips)
    console = Console(highlight=False, markup=False)
    console.print(swap_view(table, bounds))
    if groups is not None:
        console.print()
        console.print(group_view(groups))
    if json_out is not None:
        content = _figures(table, bounds, groups)
        whole = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        write_whole(json_out, whole.encode("utf-8", "replace"), overwrite=overwrite)
    if strict and table.rows[-1].beyond(bounds):
        raise typer.Exit(1)


def _predictor(bundle: Path, *, evenly: bool) -> Predict:
    """The model that is audited."""
    from guandian.mining.even_miner import EvenMiner
    from guandian.pipelines.miners import open_miner
    from guandian.text.swaps.swap_terms import shipped_terms

    miner = open_miner(bundle, 1)
    return (EvenMiner(miner, shipped_terms()) if evenly else miner).predict


def _reviews(file: Path, columns: list[str] | None, limit: int | None) -> list[Review]:
    from itertools import islice

    from guandian.files import parse_columns, read_reviews

    with read_reviews(file, parse_columns(columns or ())) as reader:
        return list(islice(reader, limit))


def _groups(predict: Predict, rows: list[Review], group: str, gold: str) -> GroupTable:
    """Errors by group, on the rows that have both columns filled.

    Raises:
        GuandianError: a column that the file does not have, or a sentiment that is none.
    """
    from guandian.audits.fairness.group_rates import group_table
    from guandian.data.readers.rows import TWO_LEVELS, read_level, read_polarity

    known = dict.fromkeys(name for review in rows for name in review.extra)
    for column in (group, gold):
        if column not in known:
            raise GuandianError(
                f"the reviews have no further column {column!r}",
                f"its further columns: {', '.join(known)}"
                if known
                else "its columns are all those of a review",
            )
    labelled = [r for r in rows if r.extra.get(group, "").strip() and r.extra.get(gold, "").strip()]
    polarities = []
    numbers = {review.extra[gold].strip() for review in labelled} <= {"0", "1"}
    for number, review in enumerate(labelled, 1):
        try:
            said = review.extra[gold]
            polarities.append(read_level(said, TWO_LEVELS) if numbers else read_polarity(said))
        except ValueError as error:
            raise GuandianError(f"{gold} of labelled review {number}: {error}") from error
    answers = predict([review.text for review in labelled])
    labels = [mined.sentiment.label for mined in answers]
    return group_table([r.extra[group].strip() for r in labelled], polarities, labels)


def _figures(table: SwapTable, bounds: object, groups: GroupTable | None) -> dict[str, object]:
    from dataclasses import asdict

    figures: dict[str, object] = {
        "bounds": asdict(bounds),  # type: ignore[call-overload]
        "rows": table.to_json(),
    }
    return figures if groups is None else figures | {"groups": groups.to_json()}
