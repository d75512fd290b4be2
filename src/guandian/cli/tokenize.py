"""`guandian tokenize`: the words of reviews, or the model's tokens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from guandian.cli.console.options import refuse_beside_text
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
from guandian.cli.console.streams import printing
from guandian.errors import GuandianError
from guandian.wording import counted, say

if TYPE_CHECKING:
    from guandian.domain import Span
    from guandian.files import Layout

Split = Callable[[str], "list[Span]"]


def tokenize(
    context: typer.Context,
    file: Annotated[
        str | None,
        typer.Argument(help="Reviews: CSV, JSON, text (one a line), ...; - is standard input."),
    ] = None,
    text: Annotated[str | None, typer.Option(help="One review, in place of a file.")] = None,
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
    user_words: Annotated[
        Path | None, typer.Option(help="A dictionary of one's own: word [frequency] [tag] a line.")
    ] = None,
    pieces: Annotated[
        Path | None,
        typer.Option(help="Print model tokens, by the tokenizer.json of this model."),
    ] = None,
    on_error: Annotated[
        Literal["stop", "skip"], typer.Option(help="At a row that cannot be read.")
    ] = "stop",
    as_json: Annotated[
        bool, typer.Option("--json", help="JSON Lines with each word's place in the raw text.")
    ] = False,
) -> None:
    """Split reviews into words, one review a line."""
    from guandian.io.output_guard import keep_apart, redirected
    from guandian.text.cleaning import clean

    if text is not None and file is None:
        refuse_beside_text(context, "user_words", "pieces", "as_json")
    if pieces and user_words:
        raise GuandianError("model tokens know no user words", "give --pieces or --user-words")
    inputs = [redirected(0) if file == "-" else file, user_words]
    keep_apart([redirected(1)], inputs)
    layout = layout_of(format, encoding, delimiter, header, header_row, sheet)
    split = _pieces(pieces) if pieces else _words(user_words)
    with printing():
        for number, raw in _reviews(file, text, columns, on_error, layout):
            cleaned, alignment = clean(raw)
            spans = split(cleaned)
            if as_json:
                places = [(span.of(cleaned), alignment.to_raw(span)) for span in spans]
                words = [{"text": word, "start": at.start, "end": at.end} for word, at in places]
                row = json.dumps({"id": number, "words": words}, ensure_ascii=False)
                typer.echo(row.encode(errors="backslashreplace"))  # JSON is UTF-8 on any terminal
            else:
                typer.echo(" ".join(span.of(cleaned) for span in spans))


def _reviews(
    file: str | None,
    text: str | None,
    columns: list[str] | None,
    on_error: Literal["stop", "skip"],
    layout: Layout,
) -> Iterator[tuple[str, str]]:
    """(id, raw text) of every review asked for."""
    from guandian.files import parse_columns, read_reviews

    if text is not None and file is not None:
        raise GuandianError(
            "--text is one review, and a file is named too", "leave out --text, or the file"
        )
    if file is None and text is None:
        raise GuandianError(
            "tokenize takes a file or a text", 'guandian tokenize --text "The screen is sharp"'
        )
    if text is not None:
        yield "1", text
        return
    choice = parse_columns(columns or (), roles=("text",))
    with read_reviews(file or "-", choice, on_error=on_error, layout=layout) as reviews:
        for review in reviews:
            yield review.id, review.text
        tell_notes(reviews.notes)
        if reviews.rejected:
            typer.echo(counted(reviews.rejected, "rejects"), err=True)


def _words(user_words: Path | None) -> Split:
    from guandian.text.segmentation import JiebaSegmenter, read_user_words

    segmenter = JiebaSegmenter(read_user_words(user_words) if user_words else ())
    for note in segmenter.notes:
        typer.echo(f"{say('note')}: {user_words}: {note}", err=True)
    return segmenter.words


def _pieces(folder: Path) -> Split:
    from guandian.bundle import model_folder
    from guandian.domain import Span
    from guandian.text.pieces import Pieces

    pieces = Pieces.from_file(model_folder(folder))

    def split(text: str) -> list[Span]:
        encoded = pieces.encode(text)
        return [Span(int(a), int(b)) for a, b in zip(encoded.starts, encoded.ends, strict=True)]

    return split
