"""`guandian vectorise`: files of reviews in, a vector a review out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from guandian.cli.mine import (
    Column,
    Delimiter,
    Encoding,
    Errors,
    Files,
    FormatOption,
    Header,
    HeaderRow,
    Limit,
    Overwrite,
    Quiet,
    Rejects,
    Sheet,
    TextColumn,
)
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
Analyzer = Annotated[
    Literal["words", "characters"] | None,
    typer.Option(help="words, tfidf: what is counted: words (by default) or characters."),
]
NgramRange = Annotated[
    tuple[int, int] | None,
    typer.Option(help="words, tfidf: the shortest and the longest run of them, by default 1 1."),
]
MinDf = Annotated[
    int | None, typer.Option(min=1, help="words, tfidf: leave out terms of fewer reviews.")
]
MaxFeatures = Annotated[
    int | None, typer.Option(min=1, help="words, tfidf: keep only the most frequent terms.")
]
VectorSize = Annotated[
    int | None, typer.Option(min=1, max=4096, help="word2vec: numbers in a vector, by default 100.")
]
Window = Annotated[
    int | None,
    typer.Option(min=1, max=1000, help="word2vec: words learned with a word, by default 5."),
]
MinCount = Annotated[
    int | None, typer.Option(min=1, help="word2vec: leave out rarer words, by default under 2.")
]
Epochs = Annotated[
    int | None,
    typer.Option(min=1, max=10_000, help="word2vec: passes over the reviews, by default 10."),
]
Seed = Annotated[int | None, typer.Option(min=0, max=2**32 - 1, help="word2vec: by default 1.")]
Weighting = Annotated[
    Literal["mean", "tfidf"] | None,
    typer.Option(help="word2vec, glove: how a review's words are averaged, by default mean."),
]
Vectors = Annotated[Path | None, typer.Option(help="glove: the text file of word vectors.")]
Model = Annotated[
    str | None,
    typer.Option(help="encoder: a folder, a bundle or a cached id; by default guandian-small."),
]
MaxTokens = Annotated[
    int | None, typer.Option(min=66, max=512, help="encoder: the longest window, by default 192.")
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
    analyzer: Analyzer = None,
    ngram_range: NgramRange = None,
    min_df: MinDf = None,
    max_features: MaxFeatures = None,
    vector_size: VectorSize = None,
    window: Window = None,
    min_count: MinCount = None,
    epochs: Epochs = None,
    seed: Seed = None,
    weighting: Weighting = None,
    vectors: Vectors = None,
    model: Model = None,
    max_tokens: MaxTokens = None,
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
    text_column: TextColumn = None,
    id_column: Column = None,
    quiet: Quiet = False,
) -> None:
    """Turn reviews into vectors for classic models."""
    if not files or out is None:
        raise GuandianError(
            "vectorise takes files and an output", "guandian vectorise reviews.csv -o vectors.npz"
        )
    settings = {
        "analyzer": analyzer, "ngram_range": ngram_range, "min_df": min_df,
        "max_features": max_features, "vector_size": vector_size, "window": window,
        "min_count": min_count, "epochs": epochs, "seed": seed, "weighting": weighting,
        "vectors": vectors, "model": model, "max_tokens": max_tokens, "user_words": user_words,
    }  # fmt: skip
    vectoriser = _loaded(load, kind, settings) if load else _made(kind or "tfidf", settings)

    from guandian.bundle import folders_of
    from guandian.cli.runners.vectorising import VectorisingTask
    from guandian.files import ColumnChoice, Layout, header_rows
    from guandian.mining.inputs import Inputs

    columns = ColumnChoice(text=tuple(text_column or ()) or None, id=id_column)
    rows = header_rows(header_row) if header_row is not None else None
    layout = Layout(
        format, encoding, delimiter, header, tuple(sheet or ()), header_rows=rows
    )  # fmt: skip
    inputs = Inputs(tuple(files), columns, layout, on_error, limit)
    reads = [path for path in (load, vectors, user_words) if path is not None]
    if (encoder := getattr(vectoriser, "model", None)) is not None:
        reads += folders_of(encoder)
    task = VectorisingTask(inputs, vectoriser, out, save, rejects, overwrite, quiet, reads)
    task.run(fitted=load is not None)


def _loaded(path: Path, kind: str | None, settings: Mapping[str, object]) -> Vectoriser:
    if idle := _options(name for name, value in settings.items() if value is not None):
        raise GuandianError(
            f"--load takes up what was learned before: {idle} would do nothing",
            f"leave out {idle}, or --load",
        )
    from guandian.vectors import load_vectoriser

    return load_vectoriser(path, kind)


def _made(kind: str, options: Mapping[str, Any]) -> Vectoriser:
    from guandian.text.segmentation import read_user_words
    from guandian.vectors import KINDS
    from guandian.vectors.vocabulary import Words

    vectoriser = KINDS[kind]
    settings = {name: value for name, value in options.items() if value is not None}
    parameters = [name for name in options if name in signature(vectoriser).parameters]
    if idle := _options(name for name in settings if name not in parameters):
        raise GuandianError(
            f"vectors of the kind {kind} know no {idle}",
            f"leave out {idle}; the kind takes {_options(parameters)}",
        )
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


def _options(names: Iterable[str]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)
