"""`guandian data`: look at labelled sets before learning from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from guandian.cli.data.agreement_command import agree
from guandian.cli.data.augment_command import augment
from guandian.cli.data.combine_command import combine
from guandian.cli.data.convert_command import convert
from guandian.cli.data.doubts_command import doubts
from guandian.cli.data.next_command import next_command
from guandian.data import corpora
from guandian.data.check import Check, check
from guandian.data.leaks import count_overlaps
from guandian.data.taxonomy import taxonomy_page
from guandian.display.tables import Fitted
from guandian.errors import GuandianError
from guandian.wording import Name, explained, say, term

_RESTRICTED = "†"

app = typer.Typer(
    help="Look at labelled sets before learning from them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


app.command("agree")(agree)
app.command("augment")(augment)
app.command("combine")(combine)
app.command("convert")(convert)
app.command("doubts")(doubts)
app.command("next")(next_command)


@app.command("check")
def check_command(
    root: Annotated[
        Path,
        typer.Argument(
            help="The data folder with the sets, the folder that holds data/, one set's folder, "
            "or a file of labelled reviews."
        ),
    ],
    format: Annotated[
        str | None, typer.Option(help="The format of the files in the folder itself.")
    ] = None,
    show: Annotated[
        int, typer.Option(help="How many bad rows and how many double texts to name.", min=0)
    ] = 10,
) -> None:
    """Count rows, annotations and bad rows, and name texts in two places."""
    report = check(root, format)
    console = Console()
    console.print(Fitted(_counts(report)))
    if report.altered:
        console.print(
            say("Not the files behind the reported figures") + f": {', '.join(report.altered)}"
        )
    bad = [row for part in report.parts for row in part.bad]
    for row in bad[:show]:
        console.print(
            f"[red]{say('bad row')}[/red] {escape(explained(str(row)))}",
            highlight=False,
            soft_wrap=True,
        )
    _more(console, len(bad) - show, term("bad rows"))
    if not any(part.records for part in report.parts):
        raise GuandianError(
            f"{root} holds no labelled review",
            "name the format of its files with --format, or guandian data convert FILE first",
        )
    if not report.leaks:
        console.print(say("No text stands in two places."))
        return
    console.print(Fitted(_overlaps(report)))
    for leak in report.leaks[:show]:
        where = ", ".join(f"{split} {id}" for split, id in leak.places)
        text = leak.text if len(leak.text) <= 60 else leak.text[:59] + "…"
        console.print(
            f"[yellow]{say('twice')}[/yellow] {escape(where)}: {escape(text)}",
            highlight=False,
            soft_wrap=True,
        )
    what = term("texts in two places")
    _more(console, len(report.leaks) - show, what)
    console.print(
        say("Training on several sets drops every text that stands in any dev.", between="\n")
    )


@app.command("list")
def list_sets_command() -> None:
    """List the public sets that recipes know by name."""
    table = Table(box=SIMPLE_HEAD, padding=0, show_edge=False)
    for name in (term("set"), term("folder"), "", term("annotates")):
        table.add_column(str(name), no_wrap=True)
    table.add_column(say("licence"))
    for known in corpora().values():
        annotated = [
            "quadruples" if known.categories else "triplets" if known.expressions else "aspects"
        ] * known.quads
        annotated += ["sentiment"] * known.sentiment + [*known.entity_types, *known.labels]
        names = ", ".join(annotated)
        licence = f"{known.licence} {_RESTRICTED}" if known.restricted else known.licence
        table.add_row(known.name, known.folder, known.language.value, names, licence)
    console = Console(highlight=False)
    console.print(Fitted(table))
    console.print(
        f"{_RESTRICTED} "
        + say(
            "the licence restricts use, to research for example: exclude_restricted "
            "= true in a recipe leaves the set out",
            between=f"\n{_RESTRICTED} ",
        ),
        markup=False,
        soft_wrap=True,
    )


@app.command("taxonomy")
def taxonomy_command() -> None:
    """Print the default categories and the mapping from each set, as Markdown."""
    typer.echo(taxonomy_page(), nl=False)


def _counts(report: Check) -> Table:
    table = Table(title=say("labelled sets"), box=SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column(say("set", between="\n"), overflow="fold")
    for heading in (
        say("rows", sense="counted", between="\n"),
        say("opinions", between="\n"),
        say("categories", between="\n"),
        say("sentiment", between="\n"),
        say("entities", between="\n"),
        say("labels", sense="declared", between="\n"),
        say("bad", sense="rows", between="\n"),
    ):
        table.add_column(heading, justify="right")
    for part in report.parts:
        numbers = (
            part.records, part.quads, len(part.categories), part.sentiments, part.entities,
            part.labels, len(part.bad),
        )  # fmt: skip
        table.add_row(part.name, *(f"{number:,}" if number else "–" for number in numbers))
    return table


def _overlaps(report: Check) -> Table:
    title = say("texts in two places", sense="heading")
    table = Table(say("one"), say("other"), title=title, box=SIMPLE_HEAD)
    table.add_column(say("texts"), justify="right")
    overlaps = count_overlaps(report.leaks)
    for (first, other), count in sorted(overlaps.items(), key=lambda item: -item[1]):
        table.add_row(first, other, f"{count:,}")
    return table


def _more(console: Console, count: int, what: Name) -> None:
    if count > 0:
        console.print(
            say(
                "… and {count:,} more {en} (--show names more)",
                between="\n",
                count=count,
                en=what.en,
                zh=what.zh,
            ),
            style="dim",
        )
