"""`guandian report`: the page of charts over a file of mined reviews."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guandian.errors import GuandianError
from guandian.wording import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from guandian.domain import Mined, Review
    from guandian.report import Aggregate, Correction, Filter


class PageLanguage(StrEnum):
    """The language in which the page opens, both are always in it, and that of the messages."""

    AUTO = "auto"
    BOTH = "both"
    ZH = "zh"
    EN = "en"


def _language(language: PageLanguage) -> PageLanguage:
    if language is not PageLanguage.AUTO:
        os.environ[VARIABLE] = language
    return language


_DAY = ["%Y-%m-%d"]

Files = Annotated[
    list[Path], typer.Argument(help="Mined reviews: JSON Lines from `guandian mine`.")
]
Out = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--out",
        help="The page; by default beside the first file, as .html.",
    ),
]
Opening = Annotated[
    PageLanguage,
    typer.Option(
        callback=_language,
        is_eager=True,
        help="The language it opens in, and of messages; auto and both open it in that of most "
        "reviews.",
    ),
]
Title = Annotated[str, typer.Option(help="The heading of the page.")]
Minimum = Annotated[
    int, typer.Option(min=1, help="Numbers resting on fewer reviews are shown in grey.")
]
Corrected = Annotated[
    bool | None,
    typer.Option(
        "--corrected/--as-found",
        help="Whether the page opens with the net corrected for what the model misses; "
        "by default where that was measured.",
    ),
]
Measured = Annotated[
    Path | None,
    typer.Option(
        help="What it misses: `guandian evaluate --json` or a bundle; "
        "by default the shipped bundle's own measure."
    ),
]
Kinds = Annotated[
    int, typer.Option(min=1, help="Kinds of product that the reviews are of, for that.")
]
Named = Annotated[
    Path | None,
    typer.Option(help="More names of aspects that mean one thing: a thing a line, commas."),
]
Least = Annotated[
    float, typer.Option(min=0, max=1, help="Leave out opinions with less confidence.")
]
Product = Annotated[
    list[str] | None, typer.Option(help="Only reviews of this product; may be repeated.")
]
Since = Annotated[
    datetime | None, typer.Option(formats=_DAY, help="Only reviews of this day and later.")
]
Until = Annotated[
    datetime | None, typer.Option(formats=_DAY, help="Only reviews of this day and earlier.")
]
Containing = Annotated[str, typer.Option(help="Only reviews with these words.")]
Quotes = Annotated[
    int, typer.Option(min=0, help="Opinions that can be searched on the page, at most.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a page that exists.")]


def report(
    files: Files,
    out: Out = None,
    language: Opening = PageLanguage.AUTO,
    title: Title = "",
    minimum: Minimum = 10,
    corrected: Corrected = None,
    measured: Measured = None,
    kinds: Kinds = 1,
    synonyms: Named = None,
    least_confidence: Least = 0.0,
    product: Product = None,
    since: Since = None,
    until: Until = None,
    containing: Containing = "",
    quotes: Quotes = 3000,
    overwrite: Overwrite = False,
) -> None:
    """Draw a page of charts from mined reviews."""
    from guandian.bundle import folders_of
    from guandian.data.taxonomy import taxonomy_names
    from guandian.domain import Language
    from guandian.io.output_guard import (
        HTML_ENDINGS,
        keep_files_apart,
        refuse_outputs,
        refuse_twins,
        require_ending,
    )
    from guandian.mining.job_manifest import record_of
    from guandian.report import Aggregate, Filter, PageOptions, page, write_page
    from guandian.report import synonyms as named
    from guandian.report.mined.remarks import aggregate_remarks
    from guandian.report.mined.single_review import shown
    from guandian.wording import counted, say

    target = out or files[0].with_suffix(".html")
    reads = [*files, *map(record_of, files), synonyms]
    keep_files_apart([target], [*reads, *(folders_of(measured) if measured else [])])
    refuse_twins(files)
    require_ending(target, HTML_ENDINGS)
    chosen = Filter(
        least_confidence, tuple(product or ()), since and since.date(), until and until.date(),
        containing,
    )  # fmt: skip
    _refuse_nothing(files, chosen)  # what is wrong with the input is told first
    refuse_outputs([target], overwrite=overwrite)
    total = Aggregate(names=named(synonyms), listed=quotes, least=least_confidence)
    for review, answer in chosen.keep(_reviews(files)):
        total.add(review, answer)
    if total.reviews == 0:
        raise _none_left(files, chosen)
    correction = _correction(total, measured, kinds, required=bool(corrected))
    opens = language in (PageLanguage.ZH, PageLanguage.EN)
    opening = Language(language.value) if opens else None
    options = PageOptions(
        minimum=minimum, language=opening, title=title, correction=correction,
        corrected=corrected is not False, filtered=chosen.told(),
    )  # fmt: skip
    write_page(page(total, taxonomy_names(), options), target, overwrite=overwrite)
    opinions = counted(total.whole.tally.opinions, "opinions", sense="counted")
    typer.echo(f"{counted(total.reviews, 'reviews')}, {opinions} -> {target}")
    if chosen.told() and not total.whole.tally.opinions:
        typer.echo(say("no opinion is left by {options}", options=_asked(chosen)))
    if aside := total.aside.total():
        typer.echo(f"{aside:,} {say('set aside: no opinions')}")
    for remark in aggregate_remarks(total, correction if options.corrected else None):
        typer.echo(shown(str(remark)))
    if corrected is None and correction is None:
        why = (
            say("the net is as found: opinions were left out by their confidence")
            if total.chosen
            else say("the net is as found: what this model misses was not measured")
            + " (--measured)"
        )
        typer.echo(why)


def _reviews(files: Sequence[Path]) -> Iterator[tuple[Review, Mined]]:
    """The reviews of each file; of several files their ids are `FILE:ID`, as rows have numbers."""
    from guandian.files import read_mined

    for file in files:
        for review, mined in read_mined(file):
            name = f"{file.name}:{review.id}" if len(files) > 1 else review.id
            yield replace(review, id=name), replace(mined, review_id=name)


def _refuse_nothing(files: Sequence[Path], chosen: Filter) -> None:
    """Refuse a file without reviews, and days of which none can be chosen."""
    from guandian.files import read_mined

    since, until = chosen.since, chosen.until
    if since and until and since > until:
        raise GuandianError(
            f"no day is from {since} on and until {until}",
            "exchange the days of --since and --until",
        )
    for mined in files:
        next(read_mined(mined))


def _none_left(files: Sequence[Path], chosen: Filter) -> GuandianError:
    """The error where no review is left to count."""
    names = ", ".join(map(str, files))
    if (chosen.since or chosen.until) and not any(r.time for r, _ in _reviews(files)):
        return GuandianError(
            f"no review of {names} has a day that --since or --until could ask for",
            "mine the reviews again with --columns time=NAME",
        )
    return GuandianError(
        f"no review of {names} is left by {_asked(chosen)}", "leave one of these options out"
    )


def _asked(chosen: Filter) -> str:
    options = {"confidence": "least-confidence", "products": "product"}
    return ", ".join(f"--{options.get(name, name)} {value}" for name, value in chosen.told())


def _correction(
    total: Aggregate, measured: Path | None, kinds: int, *, required: bool
) -> Correction | None:
    """From what a person named, or from the shipped bundle where it mined everything.

    None of opinions that were chosen by their confidence: all of them were measured.

    Raises:
        GuandianError: a correction was asked for, and there is none.
    """
    from guandian.pipelines.polarity_rates import read_rates, shipped_rates
    from guandian.report import Correction

    if total.chosen and (required or measured):
        raise GuandianError(
            "opinions were left out by their confidence, and what was measured of all of them says"
            " nothing of the rest",
            "say --as-found without --measured, or report what was mined without --precision",
        )
    rates = read_rates(measured) if measured else shipped_rates(total.models)
    if not total.chosen and rates is not None and (measured or rates.enough):
        return Correction(rates, kinds, measured.name if measured else ", ".join(total.models))
    if required:
        raise GuandianError(
            f"what {', '.join(total.models)} misses was never measured",
            "measure it on labelled reviews with `guandian evaluate BUNDLE LABELLED --json FILE` "
            "and say --measured FILE, or say --as-found",
        )
    return None
