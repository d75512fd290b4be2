"""`guandian data doubts`: labels that are likely wrong."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from guandian.bundle import folders_of, shipped
from guandian.cli.data.convert_command import name_losses
from guandian.data import read
from guandian.data.taxonomy import taxonomy_names
from guandian.display.names import ENTITY_NAMES, PART_NAMES, label_name
from guandian.errors import BadRow, GuandianError, likely
from guandian.files.output.formula_safety import safe
from guandian.io.atomic import write_whole
from guandian.io.output_guard import keep_files_apart, refuse_outputs, require_ending
from guandian.labelling import Notes
from guandian.labelling.label_errors import Doubt, Doubted, find_doubts
from guandian.pipelines import open_miner
from guandian.wording import counted, say, term

_KINDS = {
    "sentiment": term("sentiment"),
    "polarity": term("polarity"),
    "category": term("category"),
    **PART_NAMES,
    **ENTITY_NAMES,
}
_SAID = {"inside": term("marked"), "outside": term("not marked")}
_COLUMNS = ("id", "kind", "start", "end", "words", "given", "suggested", "score", "text")


def doubts(
    file: Annotated[Path, typer.Argument(help="Labelled reviews in guandian's own JSON Lines.")],
    model: Annotated[
        Path | None,
        typer.Option(
            help="A bundle or run that did not learn from these labels; by default the shipped one."
        ),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help="Only these, may be repeated: sentiment, polarity, category, aspect, ..."
        ),
    ] = None,
    show: Annotated[int, typer.Option(help="How many to show.", min=0)] = 20,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Write all of them to this CSV file."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file.")] = False,
) -> None:
    """Rank the labels that are likely wrong."""
    keep_files_apart([out], [file, *folders_of(model or shipped())])
    require_ending(out, (".csv",))
    bad: list[BadRow] = []
    records = list(read("guandian", file, on_error=bad.append))
    name_losses(Console(stderr=True, highlight=False), Notes(), bad)
    if not records:
        raise GuandianError(
            f"{file} holds no labelled review",
            "other formats become our own JSON Lines with `guandian data convert`",
        )
    refuse_outputs([out], overwrite=overwrite)
    miner = open_miner(model)
    doubted = find_doubts(miner.reader, miner.labels.spec.categories, records)
    chosen = _chosen(doubted, kind or ())
    screen = Console(highlight=False)
    _show(screen, chosen[:show])
    for what, counts in (
        (say("looked at"), doubted.looked_at),
        (say("too few, or of one class"), doubted.few),
        (
            say("labels that {model} cannot judge", between="，", model=miner.model),
            doubted.unread,
        ),
    ):
        listed = ", ".join(f"{_named(name)} {count:,}" for name, count in counts.items())
        if listed:
            screen.print(Text(f"{what}: {listed}"), soft_wrap=True)
    screen.print(
        Text(f"{counted(len(records), 'reviews')}, {len(chosen):,} {say('doubts')}, {miner.model}")
    )
    if out is not None:
        write_whole(out, _table(chosen), overwrite=overwrite)


def _chosen(doubted: Doubted, kinds: Sequence[str]) -> list[Doubt]:
    known = {*doubted.looked_at, *doubted.few, *doubted.unread}
    if unknown := [name for name in kinds if name not in known]:
        raise GuandianError(
            f"nothing of the kind {unknown[0]!r} is labelled here",
            f"{likely(unknown[0], known)}there are: {', '.join(sorted(known)) or '–'}",
        )
    return [doubt for doubt in doubted.doubts if not kinds or doubt.kind in kinds]


def _named(kind: str) -> str:
    return str(_KINDS.get(kind, kind))


def _named_label(label: str) -> str:
    return str(_SAID.get(label) or label_name(label, taxonomy_names()))


def _show(screen: Console, doubts: Sequence[Doubt]) -> None:
    for doubt in doubts:
        text = doubt.record.text
        line = Text(f"{doubt.score:.3f}  {_named(doubt.kind)}: ", style="bold")
        line.append(_named_label(doubt.given), style="red")
        line.append(" → ", style="dim")
        line.append(_named_label(doubt.suggested), style="green")
        screen.print(line, soft_wrap=True)
        review = Text(f"       {doubt.record.id}  ", style="dim")
        shown = Text(text, style="not dim")
        if doubt.span is not None:
            shown.stylize("reverse", doubt.span.start, doubt.span.end)
            if not screen.is_terminal:  # a file shows no colours
                parts = (text[: doubt.span.start], doubt.span.of(text), text[doubt.span.end :])
                shown = Text("{}【{}】{}".format(*parts))
        screen.print(review + shown, soft_wrap=True)


def _table(doubts: Sequence[Doubt]) -> bytes:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for doubt in doubts:
        span, text = doubt.span, doubt.record.text
        located = (str(span.start), str(span.end), span.of(text)) if span else ("", "", "")
        cells = (doubt.record.id, doubt.kind, *located, doubt.given, doubt.suggested)
        writer.writerow([safe(cell) for cell in (*cells, f"{doubt.score:g}", text)])
    return out.getvalue().encode("utf-8-sig", errors="backslashreplace")
