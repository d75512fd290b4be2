"""`guandian data agree`: how far annotators agree."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from guandian.cli.data.convert_command import Offsets, TextField, name_losses
from guandian.data.taxonomy import taxonomy_names
from guandian.display.names import label_name
from guandian.display.tables import Fitted
from guandian.domain import Labelled
from guandian.errors import BadRow, GuandianError
from guandian.evaluation import Difference, ErrorKind, QuadLike
from guandian.evaluation.agreement import Agreement, Disagreement, agreement
from guandian.io.atomic import write_whole
from guandian.io.output_guard import JSON_ENDINGS, keep_files_apart, refuse_outputs, require_ending
from guandian.labelling import TOOLS, Notes, by_annotator, one_each, read_items, tool_of
from guandian.wording import say, term

_NAMES = {
    "quad": term("quads"),
    "triplet": term("triplets"),
    "pair": term("pairs"),
    "aspect": term("aspects"),
    "expression": term("expressions"),
    "relaxed": term("relaxed"),
    "entity": term("entities"),
    "polarity": term("polarity of common pairs"),
    "category": term("category of common pairs"),
    "sentiment": term("sentiment"),
    "aspect characters": term("aspects by character"),
    "expression characters": term("expressions by character"),
}
_KINDS = {
    ErrorKind.WRONG_CATEGORY: term("another category"),
    ErrorKind.WRONG_POLARITY: term("another polarity"),
    ErrorKind.WRONG_SPAN: term("another span"),
    ErrorKind.WRONG_PAIR: term("another pair"),
    ErrorKind.MISSED: term("one alone"),
    ErrorKind.SPURIOUS: term("one alone"),
}


def agree(
    files: Annotated[
        list[Path],
        typer.Argument(help="One export with several annotators, or a file for each of them."),
    ],
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="TOOL", help=f"One of: {', '.join(TOOLS)}."),
    ] = None,
    text_field: TextField = "",
    offsets: Offsets = "utf-16",
    show: Annotated[
        int, typer.Option(help="How many reviews of each two annotators to show.", min=0)
    ] = 5,
    json_out: Annotated[
        Path | None,
        typer.Option("--json", help="Write every figure to this file."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file.")] = False,
) -> None:
    """Compare annotators: F1 of spans, kappa of classes."""
    keep_files_apart([json_out], files)
    require_ending(json_out, JSON_ENDINGS)
    notes, bad = Notes(), list[BadRow]()
    read = partial(
        read_items, notes=notes, on_error=bad.append, text_field=text_field, units=offsets
    )
    labelled = {path: list(read(path, from_ or tool_of(path))) for path in files}
    people: dict[str, list[Labelled]] = {}
    if len(files) == 1:
        for name, items in by_annotator(labelled[files[0]], notes).items():
            people[name or "(unnamed)"] = [item.record for item in items]
    else:
        for path, items in labelled.items():
            people[_name(path, files)] = [item.record for item in one_each(items, notes)]
    screen = Console(stderr=True, highlight=False)
    name_losses(screen, notes, bad)
    if len(people) < 2:
        raise GuandianError(
            f"{files[0]} has one annotator ({', '.join(people)}): none to agree with"
            if people
            else f"{files[0]} has no annotator",
            "give an export with several annotators, or a file for each",
        )
    agreements = {(a, b): agreement(people[a], people[b]) for a, b in combinations(people, 2)}
    if not any(pair_agreement.reviews for pair_agreement in agreements.values()):
        raise GuandianError(
            f"{', '.join(people)} have no review in common: {_why(list(people.values()))}",
            "give files whose reviews have the same texts, to the character",
        )
    refuse_outputs([json_out], overwrite=overwrite)
    out = Console(highlight=False, markup=False)
    for pair, pair_agreement in agreements.items():
        _show(out, pair, pair_agreement, show)
    if json_out is not None:
        rows = [
            {"annotators": list(pair), **pair_agreement.to_json()}
            for pair, pair_agreement in agreements.items()
        ]
        text = json.dumps(rows, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
        write_whole(json_out, text.encode(), overwrite=overwrite)


def _why(people: Sequence[Sequence[Labelled]]) -> str:
    """Why no review of any two annotators is the same."""
    ids = texts = 0
    for first, other in combinations(people, 2):
        ids += len({record.id for record in first} & {record.id for record in other})
        texts += len({record.text for record in first} & {record.text for record in other})
    if texts:
        return f"their ids differ, and {texts:,} texts of both stand several times"
    return f"{ids:,} ids of both have other texts" if ids else "neither an id nor a text is in both"


def _name(path: Path, files: Sequence[Path]) -> str:
    """The file's name alone, or with its folder where two are called the same."""
    alone = sum(other.stem == path.stem for other in files) == 1
    return path.stem if alone else str(path)


def _show(out: Console, pair: tuple[str, str], agreement: Agreement, show: int) -> None:
    table = Table(title=Text(f"{pair[0]} – {pair[1]}"), box=SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column(say("agreement"), no_wrap=True)
    for name in ("n", "F1", "95%", say("same"), "κ"):
        table.add_column(name, justify="right")
    for name, span in agreement.spans.items():
        ends = f"{span.interval.low:.2f}–{span.interval.high:.2f}"
        table.add_row(str(_NAMES[name]), f"{span.reviews:,}", f"{span.score.f1:.3f}", ends, "", "")
    for name, labels in agreement.classes.items():
        kappa = "–" if labels.kappa is None else f"{labels.kappa:.3f}"
        label = Text(str(_NAMES.get(name, name)))
        table.add_row(label, f"{labels.count:,}", "", "", f"{labels.share:.1%}", kappa)
    out.print(Fitted(table) if agreement.reviews else table.title)
    alone, other = (f"{count:,}" for count in agreement.alone)
    note = say("under other ids, paired by text")
    by_text = f" ({agreement.by_text:,} {note})" if agreement.by_text else ""
    out.print(
        f"{say('reviews of both')} {agreement.reviews:,}{by_text}; "
        f"{say('of one alone')} {alone}, {other}; "
        f"{say('labelled differently')} {len(agreement.disagreements):,}\n",
        soft_wrap=True,
    )
    for review in agreement.disagreements[:show]:
        _show_review(out, pair, review)


def _show_review(out: Console, pair: tuple[str, str], disagreement: Disagreement) -> None:
    text = disagreement.first.text
    out.print(f"{disagreement.first.id}  {text}", soft_wrap=True)
    for difference in disagreement.opinions:
        out.print(f"  {_told(difference, text, pair)}", soft_wrap=True)
    for name, (ours, theirs) in disagreement.classes.items():
        out.print(
            f"  {_NAMES.get(name, name)}: "
            f"{pair[0]} {_label(ours or '–')}, {pair[1]} {_label(theirs or '–')}",
            soft_wrap=True,
        )
    out.print()


def _told(difference: Difference, text: str, pair: tuple[str, str]) -> str:
    sides = zip(pair, (difference.gold, difference.predicted), strict=True)
    parts = [f"{name} {opinion(quad, text)}" for name, quad in sides if quad is not None]
    return f"{_KINDS[difference.kind]}: {', '.join(parts)}"


def opinion(quad: QuadLike, text: str) -> str:
    """An opinion in one line: aspect, expression, category, polarity."""
    parts = [span.of(text) if span else "∅" for span in (quad.aspect, quad.expression)]
    return f"({' | '.join([*parts, _label(quad.category or '–'), _label(quad.polarity)])})"


def _label(label: str) -> str:
    return str(label_name(label, taxonomy_names()))
