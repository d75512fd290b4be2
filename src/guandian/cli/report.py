"""`guandian report`: the page of charts over a file of mined reviews."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class PageLanguage(StrEnum):
    """The language in which the page opens; both are always in it."""

    AUTO = "auto"
    ZH = "zh"
    EN = "en"


def report(
    mined: Annotated[Path, typer.Argument(help="Mined reviews: JSON Lines from `guandian mine`.")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The page; by default beside the file, as .html."),
    ] = None,
    language: Annotated[
        PageLanguage, typer.Option(help="The language it opens in; auto: that of most reviews.")
    ] = PageLanguage.AUTO,
    title: Annotated[str, typer.Option(help="The heading of the page.")] = "",
    minimum: Annotated[
        int, typer.Option(min=1, help="Numbers resting on fewer reviews are shown in grey.")
    ] = 10,
    overwrite: Annotated[bool, typer.Option(help="Replace a page that exists.")] = False,
) -> None:
    """Draw a page of charts from mined reviews. 把挖掘结果画成一页图表。"""
    from guandian.data.taxonomy import taxonomy
    from guandian.domain import Language
    from guandian.files import read_mined
    from guandian.files.apart import refuse_outputs
    from guandian.report import Options, aggregate, page, write_page

    target = out or mined.with_suffix(".html")
    refuse_outputs([target], [mined], overwrite=overwrite)
    total = aggregate(read_mined(mined))
    names = {key: (row.zh, row.en) for key, row in taxonomy().items()}
    opening = None if language is PageLanguage.AUTO else Language(language.value)
    html = page(total, names, Options(minimum=minimum, language=opening, title=title))
    write_page(html, target, overwrite=overwrite)
    typer.echo(f"{total.reviews:,} reviews, {total.whole.tally.opinions:,} opinions -> {target}")
