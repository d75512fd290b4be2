"""`guandian assist reply`: drafts of replies to mined reviews, and the guards over any reply."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guandian.errors import GuandianError

if TYPE_CHECKING:
    from guandian.assist.replies import ReplyDraft
    from guandian.domain import Mined, Review


def reply(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Mined reviews: JSON Lines from `guandian mine`."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The drafts, as JSON Lines.")
    ] = None,
    text: Annotated[
        str | None, typer.Option("--text", help="One review in place of files.")
    ] = None,
    rating: Annotated[float | None, typer.Option(help="Its stars, of five.")] = None,
    style: Annotated[Path | None, typer.Option(help="The house style, a TOML file.")] = None,
    check: Annotated[
        str | None,
        typer.Option("--check", help="Words of your own: tell which guards they break."),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="The bundle that mines --text; the shipped one otherwise.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what exists.")] = False,
) -> None:
    """Draft replies to reviews by their opinions, within the guards."""
    from guandian.assist.replies import draft_replies, read_style
    from guandian.cli.tables.reply_tables import show_draft, show_violations

    if check is not None:
        if files or out:
            raise GuandianError("--check is of one text", "leave out the files and -o")
        if not check.strip():
            raise GuandianError("the text is empty", "write the reply behind --check")
        if show_violations(check, text or ""):
            raise typer.Exit(1)
        return
    if (text is None) == (not files):
        raise GuandianError(
            "reply takes mined files or one text",
            'guandian assist reply mined.jsonl -o drafts.jsonl, or --text "…" --rating 2',
        )
    _refuse(files, out, rating, style, overwrite=overwrite)
    house = read_style(style)
    reviews = _one(text, rating, bundle) if text is not None else _mined(files or [])
    drafts = draft_replies(reviews, house)
    if out is None:
        for draft in drafts:
            show_draft(draft)
    else:
        _write(drafts, out, overwrite=overwrite)


def _refuse(
    files: list[Path] | None,
    out: Path | None,
    rating: float | None,
    style: Path | None,
    *,
    overwrite: bool,
) -> None:
    from guandian.io.output_guard import refuse_outputs

    refuse_outputs([out], [*(files or ()), style], overwrite=overwrite)
    if rating is not None and (files or not 0 <= rating <= 5):
        raise GuandianError(
            f"--rating {rating:g} is the stars of --text, from 0 to 5",
            "leave it out: files bring their own",
        )


def _one(text: str, rating: float | None, bundle: Path | None) -> list[tuple[Review, Mined]]:
    from guandian.domain import Review
    from guandian.pipelines.miners import open_miner

    if not text.strip():
        raise GuandianError("the text is empty", 'guandian assist reply --text "屏幕很清晰"')
    review = Review("1", text, rating=rating, scale=5)
    return [(review, mined) for mined in open_miner(bundle).mine([review])]


def _mined(files: list[Path]) -> Iterator[tuple[Review, Mined]]:
    from guandian.files import read_mined

    for path in files:
        yield from read_mined(path)


def _write(drafts: Iterator[ReplyDraft], out: Path, *, overwrite: bool) -> None:
    from guandian.io.atomic import AtomicFile, telling
    from guandian.wording import counted

    number = unseen = 0
    file = AtomicFile(out, overwrite=overwrite)
    try:
        for draft in drafts:
            number += 1
            unseen += draft.needs_person
            with telling(out):
                file.file.write(f"{json.dumps(draft.to_dict(), ensure_ascii=False)}\n".encode())
    except BaseException:
        file.discard()
        raise
    file.commit()
    counts = [counted(number, "drafts"), counted(unseen, "for a person to see")]
    typer.echo(f"{', '.join(counts)} -> {out}")
