"""`guandian summarise`: key points of many reviews, each with its numbers and quotes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from guandian.cli.serving.store import (
    Aspects,
    Brands,
    Categories,
    ChosenByName,
    Containing,
    Least,
    Products,
    Side,
    Since,
    Sources,
    Tenant,
    Until,
)
from guandian.errors import GuandianError

if TYPE_CHECKING:
    from guandian.analyst.digests.sentence_checks import Judge

Files = Annotated[
    list[Path] | None, typer.Argument(help="Mined reviews: JSON Lines from `guandian mine`.")
]
StoreFolder = Annotated[
    Path | None, typer.Option("--store", metavar="FOLDER", help="The folder of a store instead.")
]
DigestByOption = Annotated[
    Literal["aspect", "category"], typer.Option("--by", help="What the points are told by.")
]
Points = Annotated[int, typer.Option(min=1, max=50, help="Points of each side, at most.")]
QuotesOfPoint = Annotated[int, typer.Option(min=0, max=10, help="Quotes of a point, at most.")]
LeastReviews = Annotated[int, typer.Option(min=1, help="Reviews that must share a point.")]
Described = Annotated[
    Path | None,
    typer.Option(
        "--model",
        metavar="NAME.toml",
        help="A language model that writes the sentences; each is checked.",
    ),
]
JsonOut = Annotated[Path | None, typer.Option("--json", help="Write every figure to this file.")]
Html = Annotated[Path | None, typer.Option(help="Write a page to this file.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]


def summarise(
    files: Files = None,
    store: StoreFolder = None,
    tenant: Tenant = "main",
    product: Products = None,
    brand: Brands = None,
    category: Categories = None,
    aspect: Aspects = None,
    source: Sources = None,
    polarity: Side = None,
    since: Since = None,
    until: Until = None,
    containing: Containing = "",
    least_confidence: Least = 0.0,
    by: DigestByOption = "aspect",
    points: Points = 5,
    quotes: QuotesOfPoint = 2,
    least_reviews: LeastReviews = 1,
    model: Described = None,
    json_out: JsonOut = None,
    html: Html = None,
    overwrite: Overwrite = False,
) -> None:
    """Sum up many reviews: key points with numbers, and quotes."""
    from guandian.analyst.digests.digest_page import digest_page
    from guandian.analyst.digests.key_points import DigestSize, make_digest
    from guandian.analyst.digests.written_digest import write_digest
    from guandian.cli.asking.opened_store import opened_store, store_files
    from guandian.cli.tables.digest_tables import show_digest
    from guandian.io.atomic import write_json_whole, write_text_whole
    from guandian.io.output_guard import (
        HTML_ENDINGS,
        JSON_ENDINGS,
        keep_files_apart,
        refuse_outputs,
        require_ending,
    )
    from guandian.pipelines.language_models import open_chat, reads_of_description

    keep_files_apart([json_out, html], [*(files or ()), *store_files(store), model])
    if model is not None:
        keep_files_apart([json_out, html], reads_of_description(model))
    require_ending(json_out, JSON_ENDINGS)
    require_ending(html, HTML_ENDINGS)
    selection = replace(
        ChosenByName(product, brand, category, aspect, source).selection(),
        polarity=polarity,
        since=since.date() if since else None,
        until=until.date() if until else None,
        containing=containing,
        confidence=least_confidence,
    )
    chat = None if model is None else open_chat(model)
    with opened_store(files or [], store, tenant) as reader:
        refuse_outputs([json_out, html], overwrite=overwrite)
        digest = make_digest(reader, selection, DigestSize(points, quotes, least_reviews), by)
        if chat is not None:
            digest = write_digest(digest, chat, _judge())
    if not digest.overview.reviews:
        raise GuandianError(
            "no review is left by these options", "leave one of them out, or look at the names"
        )
    show_digest(digest, Console(highlight=False))
    if json_out is not None:
        write_json_whole(json_out, digest.to_json(), overwrite=overwrite)
    if html is not None:
        write_text_whole(html, digest_page(digest), overwrite=overwrite)


def _judge() -> Judge:
    """The shipped model as what tells how a written sentence judges."""
    from guandian.domain import Review
    from guandian.pipelines.miners import open_miner

    miner = open_miner()
    return lambda sentence: miner.mine([Review("1", sentence)])[0]
