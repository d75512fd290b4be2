"""`guandian data combine`: labels out of the votes of several sources, each of them weak."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from guandian.cli.data.convert_command import name_losses
from guandian.data.readers.guandian_jsonl import own_line
from guandian.display.tables import Fitted
from guandian.domain import Labelled
from guandian.errors import BadRow, GuandianError
from guandian.io.atomic import write_json_whole, write_whole
from guandian.io.output_guard import (
    JSON_ENDINGS,
    keep_files_apart,
    refuse_outputs,
    require_ending,
)
from guandian.labelling import Notes, one_each, read_items, tool_of
from guandian.labelling.weak import Combined, combine_votes, voters_of_file, voters_of_rules
from guandian.labelling.weak.checking import GoldCheck, Right, check_sentiments
from guandian.wording import counted, say


def combine(
    votes: Annotated[
        list[Path],
        typer.Argument(
            help="Labels of the same reviews, a file a source: mined by a model, exported from a "
            "label tool, or guandian's own JSON Lines. Several annotators of a file are several."
        ),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The labels, as JSON Lines.")],
    rules: Annotated[
        list[Path] | None,
        typer.Option(help="A TOML file of rules by words, each a source; may be repeated."),
    ] = None,
    opinions: Annotated[
        bool, typer.Option("--opinions", help="Combine opinions in place of sentiments.")
    ] = False,
    surer: Annotated[
        float, typer.Option(help="How likely a label must be to be written.", min=0.34, max=1)
    ] = 0.7,
    gold: Annotated[
        Path | None,
        typer.Option(help="Reviews that people labelled, to hold sentiments against."),
    ] = None,
    json_out: Annotated[
        Path | None, typer.Option("--json", help="Write every figure to this file.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file.")] = False,
) -> None:
    """Combine rules, lexicons and models into labels, and estimate how far each is right."""
    keep_files_apart([out, json_out], [*votes, *(rules or ()), gold])
    require_ending(out, (".jsonl", ".ndjson"))
    require_ending(json_out, JSON_ENDINGS)
    if opinions and gold is not None:
        raise GuandianError(
            "--gold holds sentiments against those of people",
            "leave it out, and `guandian evaluate` the opinions",
        )
    notes, bad = Notes(), list[BadRow]()
    by_text: dict[str, Labelled] = {}
    voters = [voter for path in votes for voter in voters_of_file(path, notes, by_text, bad.append)]
    for path in rules or ():
        voters += voters_of_rules(path, list(by_text))
    screen = Console(stderr=True, highlight=False)
    name_losses(screen, notes, bad)
    records = list(by_text.values())
    combined = combine_votes(voters, records, opinions=opinions, surer=surer)
    check = None
    if gold is not None:
        labelled = one_each(read_items(gold, tool_of(gold), notes), notes)
        known = {
            item.record.text: item.record.sentiment
            for item in labelled
            if item.record.sentiment is not None
        }
        check = check_sentiments([v for v in voters if v.sentiments], records, known)
    refuse_outputs([out, json_out], overwrite=overwrite)
    shown = Console(highlight=False)
    shown.print(Fitted(_sources(combined, check)))
    for line in _lines(combined, check):
        shown.print(Text(line), soft_wrap=True)
    write_whole(out, b"".join(map(own_line, combined.records)), overwrite=overwrite)
    if json_out is not None:
        write_json_whole(json_out, _figures(combined, check), overwrite=overwrite)
    reviews = counted(len(combined.records), "reviews")
    total = say("{reviews} of {all:,}: {out}", reviews=reviews, all=len(records), out=out)
    screen.print(Text(total), soft_wrap=True)


def _sources(combined: Combined, check: GoldCheck | None) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column(say("source", between="\n"), overflow="fold")
    for heading in (
        say("votes", between="\n"), say("coverage", between="\n"), say("overlap", between="\n"),
        say("conflicts", between="\n"), say("estimated right", between="\n"),
    ):  # fmt: skip
        table.add_column(heading, justify="right")
    if check is not None:
        table.add_column(say("truly right", between="\n"), justify="right")
    true = {} if check is None else {right.name: right for right in check.sources}
    for source in combined.sources:
        shares = (source.coverage, source.overlap, source.conflicts, source.accuracy)
        cells = [source.name, f"{source.votes:,}", *(f"{100 * share:.1f} %" for share in shares)]
        if check is not None:
            cells.append(_share(true[source.name]))
        table.add_row(*map(Text, cells))
    return table


def _lines(combined: Combined, check: GoldCheck | None) -> Sequence[str]:
    lines = [
        say(
            "{given:,} labelled, {unsure:,} not sure enough, {silent:,} of which every source is "
            "silent; {differs:,} labels are not those of the majority",
            given=len(combined.records),
            unsure=combined.unsure,
            silent=combined.silent,
            differs=combined.differs,
        )
    ]
    if not combined.model.converged:
        lines.append(say("The estimate has not settled: take the accuracies for rough ones."))
    if check is not None:
        lines += [
            f"{say('label model')}: {_share(check.model)}",
            f"{say('majority')}: {_share(check.majority)} ({check.over_majority})",
        ]
        if check.best is not None:
            best = check.best
            words = f"{say('best source')} ({best.name})"
            lines.append(f"{words}: {_share(best)} ({check.over_best})")
    return lines


def _share(right: Right) -> str:
    if not right.labels:
        return "–"
    low, high = 100 * right.low, 100 * right.high
    return f"{100 * right.share:.1f} % ({low:.1f}-{high:.1f}, n {right.labels:,})"


def _figures(combined: Combined, check: GoldCheck | None) -> dict[str, object]:
    figures: dict[str, object] = {
        "labelled": len(combined.records),
        "unsure": combined.unsure,
        "silent": combined.silent,
        "differs_from_majority": combined.differs,
        "converged": combined.model.converged,
        "sources": [source.to_json() for source in combined.sources],
    }
    if check is not None:
        figures["check"] = {
            "label_model": check.model.to_json(),
            "majority": check.majority.to_json(),
            "best_source": None if check.best is None else check.best.to_json(),
            "sources": [source.to_json() for source in check.sources],
            "over_majority": check.over_majority.to_json(),
            "over_best": None if check.over_best is None else check.over_best.to_json(),
        }
    return figures
