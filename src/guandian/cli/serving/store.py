"""`guandian store`: mined reviews that stay, and what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from guandian.cli.console.notes import tell
from guandian.cli.console.resuming import staying
from guandian.domain import Mined, Polarity, Review
from guandian.domain.tenant_names import checked_tenant
from guandian.errors import GuandianError
from guandian.wording import counted, say

if TYPE_CHECKING:
    from guandian.evaluation.correction import Correction
    from guandian.mining.duplicate_ids import RepeatedIds
    from guandian.store import Overview, Selection, Store

app = typer.Typer(
    help="Keep mined reviews and ask them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


class By(StrEnum):
    """What the numbers are told by."""

    CATEGORY = "category"
    ASPECT = "aspect"
    PRODUCT = "product"
    BRAND = "brand"
    SOURCE = "source"
    LANGUAGE = "language"
    TIME = "time"
    QUOTES = "quotes"


_DAY = ["%Y-%m-%d"]
Data = Annotated[Path, typer.Option("--data", metavar="FOLDER", help="The folder of the store.")]
Tenant = Annotated[str, typer.Option(help="Whose reviews.", callback=checked_tenant)]
Products = Annotated[list[str] | None, typer.Option(help="Only of this product; may be repeated.")]
Brands = Annotated[list[str] | None, typer.Option(help="Only of this brand; may be repeated.")]
Categories = Annotated[
    list[str] | None, typer.Option(help="Only opinions of this category; may be repeated.")
]
Aspects = Annotated[
    list[str] | None, typer.Option(help="Only opinions on this aspect; may be repeated.")
]
Sources = Annotated[list[str] | None, typer.Option(help="Only of this source; may be repeated.")]
Side = Annotated[Polarity | None, typer.Option(help="Only opinions that judge so.")]
Since = Annotated[
    datetime | None, typer.Option(formats=_DAY, help="Only reviews of this day and later.")
]
Until = Annotated[
    datetime | None, typer.Option(formats=_DAY, help="Only reviews of this day and earlier.")
]
Containing = Annotated[str, typer.Option(help="Only reviews with these words.")]
Least = Annotated[
    float, typer.Option(min=0, max=1, help="Leave out opinions with less confidence.")
]


@app.command("load")
def load_reviews_command(
    files: Annotated[
        list[Path], typer.Argument(help="Mined reviews: JSON Lines from `guandian mine`.")
    ],
    folder: Data,
    tenant: Tenant = "main",
    ids: Annotated[
        str, typer.Option(help="Put before each id: of files whose ids are numbers of rows.")
    ] = "",
) -> None:
    """Load mined reviews; what is there already is left alone."""
    from guandian.files import read_mined
    from guandian.mining.duplicate_ids import RepeatedIds
    from guandian.store import Store

    for file in files:
        next(read_mined(file))  # what is wrong with an input is told before any is loaded
    stays = say("what was told is loaded")
    with staying(stays), Store.open(folder, write=True) as store:
        for file in files:
            repeated = RepeatedIds()
            loaded = store.load(renamed(read_mined(file), ids, repeated), tenant)
            counts = [
                counted(loaded.reviews, "reviews", sense="new"),
                counted(loaded.opinions, "opinions", sense="counted"),
                counted(loaded.replaced, "replaced"),
                counted(loaded.unchanged, "unchanged"),
            ]
            typer.echo(f"{file} -> {folder}: {', '.join(counts)}")
            if repeated.count:
                tell(
                    f"{file}: {repeated.count:,} reviews have the id of an earlier one, and the "
                    "store keeps the last of an id: give each an id of its own, or mine anew "
                    "with --columns id=NAME"
                )


@app.command("query")
def query_command(
    folder: Data,
    by: Annotated[By, typer.Option(help="What the numbers are told by.")] = By.CATEGORY,
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
    corrected: Annotated[
        bool, typer.Option("--corrected", help="Correct the net for what the shipped model misses.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="Lines at most.")] = 20,
) -> None:
    """Ask for numbers and quotes."""
    from guandian.cli.tables.store_tables import show_overview, show_quotes, show_rows, show_trend
    from guandian.store import Store
    from guandian.store.selection import DIMENSIONS

    chosen = ChosenByName(product, brand, category, aspect, source)
    selection = replace(
        chosen.selection(),
        polarity=polarity,
        since=since.date() if since else None,
        until=until.date() if until else None,
        containing=containing,
        confidence=least_confidence,
    )
    screen = Console(highlight=False)
    with Store.open(folder) as store:
        reader = store.reader(tenant)
        overview = reader.overview(selection)
        correction = _correction(overview) if corrected else None
        if correction:
            overview = reader.overview(selection, correction)
        show_overview(overview, screen)
        if by is By.QUOTES:
            show_quotes(reader.opinions(selection, limit=limit), screen)
        elif by is By.TIME:
            show_trend(reader.trend(selection, correction=correction), screen)
        else:
            column = next(name for name in DIMENSIONS if name == str(by))
            show_rows(by, reader.breakdown(selection, column, limit, correction), screen)


@app.command("export")
def export_command(
    folder: Data,
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help=".jsonl, .csv, .tsv, .xlsx, .parquet or .bio."),
    ],
    tenant: Tenant = "main",
    product: Products = None,
    since: Since = None,
    until: Until = None,
    containing: Containing = "",
    overwrite: Annotated[bool, typer.Option(help="Replace a file that exists.")] = False,
) -> None:
    """Write the reviews with their opinions into a file, as `guandian mine` does."""
    from guandian.files import open_writer
    from guandian.io.output_guard import refuse_outputs
    from guandian.store import Selection, Store

    refuse_outputs([out], [path for path in folder.rglob("*") if path.is_file()])
    refuse_outputs([out], overwrite=overwrite)
    selection = Selection(
        products=tuple(product or ()),
        since=since.date() if since else None,
        until=until.date() if until else None,
        containing=containing,
    )
    with Store.open(folder) as store, open_writer(out, overwrite=overwrite) as writer:
        number = 0
        for review, mined in store.reader(tenant).reviews(selection):
            writer.write(review, mined)
            number += 1
    typer.echo(f"{counted(number, 'reviews')} -> {out}")


@app.command("delete")
def delete_command(
    reviews: Annotated[list[str], typer.Argument(help="Ids of reviews.")],
    folder: Data,
    tenant: Tenant = "main",
    records: Annotated[
        str | None,
        typer.Option(
            "--records",
            envvar="GUANDIAN_RECORDS",
            help="PostgreSQL in place of a file in the folder: postgresql://USER@HOST/NAME.",
        ),
    ] = None,
) -> None:
    """Delete reviews: their texts, opinions and all that was derived from them."""
    from guandian.store import Store

    stays = say("what was deleted stays deleted")
    with staying(stays), Store.open(folder, write=True) as store:
        reader = store.reader(tenant)
        strange = [name for name in dict.fromkeys(reviews) if reader.review(name) is None]
        if records is None and not (folder / "records.sqlite").exists():
            if (folder / "keys.secret").exists():
                raise GuandianError(
                    f"the records of {folder} are in a data base, and hold words of reviews too",
                    "name it: --records postgresql://USER@HOST/NAME",
                )
            number = store.delete_reviews(reviews, tenant)
        else:
            number = _delete_everywhere(store, records, tenant, reviews)
    if number:
        typer.echo(f"{counted(number, 'reviews')} {say('deleted')}")
    if strange:  # a misspelt id must not be taken for a deleted one
        raise GuandianError(
            f"{folder} holds no review {', '.join(strange)}",
            f"guandian store export --data {folder} -o FILE.jsonl tells their ids",
        )


@app.command("status")
def status_command(folder: Data) -> None:
    """Tell what a store holds, and what is missing of it."""
    from guandian.cli.tables.store_tables import show_status
    from guandian.store import Store

    with Store.open(folder) as store:
        status = store.status()
    show_status(status, Console(highlight=False))
    for error in status.damaged.values():
        raise error


@dataclass(frozen=True, slots=True)
class ChosenByName:
    """What a person chose by name; aspects by any of their names."""

    products: list[str] | None
    brands: list[str] | None
    categories: list[str] | None
    aspects: list[str] | None
    sources: list[str] | None

    def selection(self) -> Selection:
        """As the store takes it."""
        from guandian.store import Selection
        from guandian.text.aspect_names import aspect_key, synonyms

        keys = [aspect_key(name) for name in self.aspects or ()]
        return Selection(
            products=tuple(self.products or ()),
            brands=tuple(self.brands or ()),
            categories=tuple(self.categories or ()),
            aspects=tuple(synonyms().get(key, key) for key in keys),
            sources=tuple(self.sources or ()),
        )


def _delete_everywhere(
    store: Store, address: str | None, tenant: str, reviews: Sequence[str]
) -> int:
    """Delete reviews from a folder of `guandian serve`: uploads, jobs and records too."""
    try:
        from guandian.service.deletion import Deletion
        from guandian.store.records import Records
    except ModuleNotFoundError as error:
        raise GuandianError(
            f"the folder of a service needs {error.name}, which is not installed",
            "pip install 'guandian[serve]'",
        ) from error

    with Records.open(store.folder, address, make=False) as records:
        deleted = Deletion.of(store.folder, records, store).delete(tenant, reviews, "cli")
        if running := len(records.jobs.open(tenant)):
            tell(
                f"{running} jobs have not ended, and what they still read holds the reviews' words"
                " until the service ends them"
            )
    return len(deleted)


def renamed(
    pairs: Iterator[tuple[Review, Mined]], ids: str, repeated: RepeatedIds
) -> Iterator[tuple[Review, Mined]]:
    """Reviews with `ids` before each id; `repeated` counts those whose id came before."""
    for review, mined in pairs:
        repeated.add(review.id)
        name = f"{ids}{review.id}"
        yield replace(review, id=name), replace(mined, review_id=name)


def _correction(overview: Overview) -> Correction:
    from guandian.evaluation.correction import Correction
    from guandian.pipelines.polarity_rates import shipped_rates

    rates = shipped_rates(overview.models)
    correction = Correction.of(rates, ", ".join(overview.models))
    if correction is None:
        raise GuandianError(
            f"what {', '.join(overview.models)} misses was never measured",
            "leave --corrected out, or mine the reviews with the shipped model",
        )
    return correction
