"""`guandian vectorise`: files of reviews in, a vector a review out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from guandian.cli.console.options import KEY_VALUE
from guandian.cli.console.review_layout import (
    Delimiter,
    Encoding,
    FormatOption,
    Header,
    HeaderRow,
    Sheet,
    layout_of,
)
from guandian.cli.mine import Errors, Files, Limit, Overwrite, Quiet, Rejects
from guandian.errors import GuandianError
from guandian.wording import say

if TYPE_CHECKING:
    from guandian.vectors import Vectoriser

Out = Annotated[
    Path | None,
    typer.Option("-o", "--out", help="The vectors: .npz or .jsonl, dense ones also .npy or .csv."),
]
Kind = Annotated[
    Literal["words", "tfidf", "word2vec", "glove", "encoder"] | None,
    typer.Option(help="Of the vectors; by default tfidf."),
]
Save = Annotated[Path | None, typer.Option(help="Keep what was learned here, for --load.")]
Load = Annotated[
    Path | None, typer.Option(help="Learn nothing: use what --save kept, on other reviews.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar=KEY_VALUE,
        help="A setting of the kind, may be repeated; words, tfidf: analyzer (words or "
        "characters), ngram_range ([1, 2]), min_df, max_features; word2vec: vector_size, window, "
        "min_count, epochs, seed; word2vec, glove: weighting (mean or tfidf); encoder: max_tokens.",
    ),
]
Vectors = Annotated[Path | None, typer.Option(help="glove: the text file of word vectors.")]
Model = Annotated[
    str | None,
    typer.Option(help="encoder: a folder, a bundle or a cached id; by default guandian-small."),
]
UserWords = Annotated[
    Path | None, typer.Option(help="A dictionary of one's own: word [frequency] [tag] a line.")
]


def vectorise(
    files: Files = None,
    out: Out = None,
    kind: Kind = None,
    save: Save = None,
    load: Load = None,
    settings: Settings = None,
    vectors: Vectors = None,
    model: Model = None,
    user_words: UserWords = None,
    on_error: Errors = "stop",
    rejects: Rejects = None,
    overwrite: Overwrite = False,
    limit: Limit = None,
    format: FormatOption = None,
    encoding: Encoding = None,
    delimiter: Delimiter = None,
    header: Header = True,
    header_row: HeaderRow = None,
    sheet: Sheet = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE=COLUMN,...",
            help="Names or numbers of columns: text, id; several of text are parts of one review.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Turn reviews into vectors for classic models."""
    if not files or out is None:
        raise GuandianError(
            "vectorise takes files and an output", "guandian vectorise reviews.csv -o vectors.npz"
        )
    named = {"vectors": vectors, "model": model, "user_words": user_words}
    vectoriser = (
        _loaded(load, kind, named, settings or ())
        if load
        else _made(kind or "tfidf", named, settings or ())
    )

    from guandian.bundle import folders_of
    from guandian.cli.runners.vectorising import VectorisingTask
    from guandian.files import parse_columns
    from guandian.mining.inputs import Inputs

    choice = parse_columns(columns or (), roles=("text", "id"))
    layout = layout_of(format, encoding, delimiter, header, header_row, sheet)
    inputs = Inputs(tuple(files), choice, layout, on_error, limit)
    reads = [path for path in (load, vectors, user_words) if path is not None]
    if (encoder := getattr(vectoriser, "model", None)) is not None:
        reads += folders_of(encoder)
    task = VectorisingTask(inputs, vectoriser, out, save, rejects, overwrite, quiet, reads)
    task.run(fitted=load is not None)


def _loaded(
    path: Path, kind: str | None, named: Mapping[str, object], changes: Sequence[str]
) -> Vectoriser:
    idle = [_option(name) for name, value in named.items() if value is not None]
    idle += [f"--set {change.partition('=')[0]}" for change in changes]
    if idle:
        raise GuandianError(
            f"--load takes up what was learned before: {', '.join(idle)} would do nothing",
            f"leave out {', '.join(idle)}, or --load",
        )
    from guandian.vectors import load_vectoriser

    return load_vectoriser(path, kind)


def _made(kind: str, named: Mapping[str, Any], changes: Sequence[str]) -> Vectoriser:
    from guandian.text.segmentation import read_user_words
    from guandian.vectors import KINDS
    from guandian.vectors.setting_values import read_settings, settings_of
    from guandian.vectors.vocabulary import Words

    vectoriser = KINDS[kind]
    settings = {name: value for name, value in named.items() if value is not None}
    takes = [name for name in named if name in signature(vectoriser).parameters]
    if idle := ", ".join(_option(name) for name in settings if name not in takes):
        known = [*map(_option, takes), f"--set {', '.join(settings_of(kind))}"]
        raise GuandianError(
            f"vectors of the kind {kind} know no {idle}",
            f"leave out {idle}; the kind takes {', '.join(known)}",
        )
    settings |= read_settings(kind, changes)
    if kind == "glove" and "vectors" not in settings:
        raise GuandianError(
            "vectors of the kind glove come from a file of word vectors",
            "name it with --vectors FILE",
        )
    if (file := settings.get("user_words")) is not None:
        settings["user_words"] = tuple(read_user_words(file))
        for note in Words(settings["user_words"]).notes:
            typer.echo(f"{say('note')}: {file}: {note}", err=True)
    return vectoriser(**settings)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
