"""`guandian explain`: which words made the answers to a review, and what would change them."""

from __future__ import annotations

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
from guandian.errors import GuandianError

if TYPE_CHECKING:
    from guandian.domain import Review
    from guandian.explain.explanation import ReviewExplanation
    from guandian.files import ColumnChoice, Layout

File = Annotated[
    Path | None,
    typer.Argument(help="Reviews as `guandian mine` reads them; by default the first is taken."),
]
TextOption = Annotated[str | None, typer.Option(help="One review, in place of a file.")]
Row = Annotated[int, typer.Option(min=1, help="Which review of the file, from 1.")]
Count = Annotated[int, typer.Option(min=1, max=200, help="So many reviews from that row on.")]
Bundle = Annotated[
    Path | None, typer.Option("--model", help="The folder of a bundle or run, or a shipped name.")
]
CustomOption = Annotated[
    str | None,
    typer.Option(
        "--custom", help="Mark only what the annotators of an older set would, such as make-up."
    ),
]
MethodOption = Annotated[
    Literal["shapley", "occlusion", "exact", "gradients"],
    typer.Option(
        help="How effects are found; exact reads all coalitions of a short text, gradients need"
        " the extra train."
    ),
]
Passes = Annotated[int, typer.Option(min=1, help="Readings of a text, at most.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(metavar="ROLE=COLUMN,...", help="Columns of the file, as `guandian mine` has it."),
]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")]
Html = Annotated[Path | None, typer.Option(help="Write a page to this file.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]


def explain(
    context: typer.Context,
    file: File = None,
    text: TextOption = None,
    row: Row = 1,
    count: Count = 1,
    model: Bundle = None,
    custom: CustomOption = None,
    method: MethodOption = "shapley",
    passes: Passes = 20,
    columns: Columns = None,
    format: FormatOption = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    header: Header = True,
    header_row: HeaderRow = None,
    sheet: Sheet = None,
    json_out: JsonOut = None,
    html: Html = None,
    overwrite: Overwrite = False,
) -> None:
    """Tell which words made the answers to a review."""
    from rich.console import Console

    from guandian.bundle import folders_of, shipped
    from guandian.explain.explained_text import explanation_view
    from guandian.explain.explanation_page import explanation_page
    from guandian.files import parse_columns
    from guandian.io.atomic import write_json_whole, write_text_whole
    from guandian.io.output_guard import (
        HTML_ENDINGS,
        JSON_ENDINGS,
        keep_files_apart,
        refuse_outputs,
        require_ending,
    )
    from guandian.pipelines.explainers import open_explainer

    if (text is None) == (file is None):
        raise GuandianError(
            "explain takes a file or a text, one of them",
            'guandian explain --text "The screen is sharp", or '
            "guandian explain reviews.csv --row 3",
        )
    if text is not None:
        heeded = ("model", "custom", "method", "passes", "json_out", "html", "overwrite")
        refuse_beside_text(context, *heeded)
    keep_files_apart([json_out, html], [file, *folders_of(model or shipped())])
    layout = layout_of(format, encoding, delimiter, header, header_row, sheet)
    choice = parse_columns(columns or ())
    reviews = [_review(text)] if text is not None else _reviews(file, row, count, choice, layout)
    refuse_outputs([json_out, html], overwrite=overwrite)
    require_ending(json_out, JSON_ENDINGS)
    require_ending(html, HTML_ENDINGS)
    explain_one, names = open_explainer(model, custom, method, passes)
    console = Console(highlight=False)
    explanations: list[ReviewExplanation] = []
    for review in reviews:
        explanations.append(explain_one(review))
        if len(explanations) > 1:
            console.print()
        console.print(explanation_view(explanations[-1], names))
    if json_out is not None:
        content = [explanation.to_json() for explanation in explanations]
        write_json_whole(json_out, content, overwrite=overwrite)
    if html is not None:
        write_text_whole(html, explanation_page(explanations, names), overwrite=overwrite)


def _review(text: str) -> Review:
    """The review of an option.

    Raises:
        GuandianError: it is empty, or no Unicode.
    """
    from guandian.domain import Review

    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise GuandianError(
            f"the text is not Unicode: see its character {error.start + 1}",
            "give it in the encoding of the terminal, or in a file",
        ) from error
    if not text.strip():
        raise GuandianError("the text is empty", 'guandian explain --text "The screen is sharp"')
    return Review("1", text)


def _reviews(
    file: Path | None, row: int, count: int, columns: ColumnChoice, layout: Layout
) -> list[Review]:
    """The reviews of a file from a row on.

    Raises:
        GuandianError: the file has fewer.
    """
    from itertools import islice

    from guandian.files import read_reviews

    with read_reviews(file or "-", columns, layout=layout) as reader:
        reviews = list(islice(reader, row - 1, row - 1 + count))
        tell_notes(reader.notes)
    if not reviews:
        raise GuandianError(
            f"{file} has no review {row}", "give a smaller --row; 1 is the first review"
        )
    return reviews
