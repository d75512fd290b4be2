"""`guandian headlines`: topic and sentiment of headlines, as mined reviews that a store loads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from guandian.cli.console.review_layout import (
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
from guandian.wording import counted

app = typer.Typer(
    help="Tell topic and sentiment of headlines.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
Taxonomy = Annotated[
    str, typer.Option(metavar="NAME", help="finance, or a file of topics like it.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]
_NEEDED = 10
"""Labelled headlines, at least."""


@app.command("mine")
def mine_headlines(
    files: Annotated[
        list[str], typer.Argument(help="Headlines: CSV, Excel, JSON Lines, text (one a line), ...")
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Where they go, for `guandian store load`: .jsonl.")
    ],
    taxonomy: Taxonomy = "finance",
    topics: Annotated[
        Path | None, typer.Option(help="A head of topics from `guandian headlines learn`.")
    ] = None,
    sentiment: Annotated[
        Path | None, typer.Option(help="A head of sentiment in place of the one that ships.")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=COLUMN",
            help="Name or number of the column: text=NAME; several are parts of one review.",
        ),
    ] = None,
    format: FormatOption = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    header: Header = True,
    header_row: HeaderRow = None,
    sheet: Sheet = None,
    rejects: Annotated[
        Path | None,
        typer.Option(help="Rows that cannot be read go there; without it the first one stops."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Tell topic and sentiment of headlines."""
    from guandian.files import RejectFile, open_writer, parse_columns, read_reviews
    from guandian.io.output_guard import keep_files_apart, refuse_outputs
    from guandian.mining.headlines import HeadlineMiner

    keep_files_apart([out, rejects], [*files, taxonomy, topics, sentiment])
    miner = HeadlineMiner.open(taxonomy, topics=topics, sentiment=sentiment)
    choice = parse_columns(columns or ())
    layout = layout_of(format, encoding, delimiter, header, header_row, sheet)
    refuse_outputs([out, rejects], overwrite=overwrite)
    number = 0
    with (
        open_writer(out, overwrite=overwrite) as writer,
        RejectFile(rejects, overwrite=overwrite) as reject_file,
    ):
        for file in files:
            on_error: Literal["skip", "stop"] = "skip" if rejects else "stop"
            with read_reviews(
                file, choice, on_error=on_error, rejects=reject_file, layout=layout
            ) as reviews:
                for review, mined in miner.mine(reviews):
                    writer.write(review, mined)
                    number += 1
                tell_notes(reviews.notes)
    if reject_file.count:
        typer.echo(f"{counted(reject_file.count, 'rejects')} -> {rejects}", err=True)
    typer.echo(f"{counted(number, 'headlines')} -> {out}", err=True)


@app.command("learn")
def learn_headlines(
    file: Annotated[
        Path, typer.Argument(help="Corrected or labelled headlines: JSON Lines with quads.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where the head goes.")],
    what: Annotated[
        Literal["topics", "sentiment"], typer.Option("--what", help="What it is to tell.")
    ] = "topics",
    taxonomy: Taxonomy = "finance",
    overwrite: Overwrite = False,
) -> None:
    """Learn from corrected headlines."""
    from guandian.data.formats import read
    from guandian.io.optional_libraries import needs
    from guandian.io.output_guard import keep_files_apart, refuse_outputs
    from guandian.mining.headlines.head_learning import learn_head
    from guandian.mining.headlines.seed_scores import SeedScores
    from guandian.mining.headlines.topics import read_sides, read_topics

    needs("scipy", "watch", "learning topics")
    keep_files_apart([out], [file, taxonomy])
    classes = read_topics(taxonomy) if what == "topics" else read_sides()
    keys = [topic.key for topic in classes]
    pairs = [
        (record.text, str(quad.category if what == "topics" else quad.polarity))
        for record in read("guandian", file)
        for quad in record.quads or ()
    ]
    chosen = [(text, label) for text, label in pairs if label in keys]
    if len(chosen) < _NEEDED:
        raise GuandianError(
            f"{file} holds {len(chosen)} headlines with labels among {', '.join(keys)}",
            f"{_NEEDED} at least: correct more of them in the dashboard, and export again",
        )
    refuse_outputs([out], overwrite=overwrite)
    texts, labels = [text for text, _ in chosen], [label for _, label in chosen]
    head = learn_head(texts, labels, keys, SeedScores(classes)(texts))
    head.save(out)
    typer.echo(f"{counted(len(chosen), 'headlines')} -> {out}", err=True)
