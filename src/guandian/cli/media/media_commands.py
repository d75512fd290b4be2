"""`guandian media`: pictures and recordings become reviews, and opinions are shown on them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from guandian.errors import GuandianError
from guandian.wording import counted, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from guandian.domain import Review
    from guandian.media import MediaReader, Places

app = typer.Typer(
    help="Read pictures and speech as reviews, and show opinions on them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an output that exists.")]


@app.command("read")
def read_media(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Pictures (PNG, JPEG, WebP, BMP, GIF), WAV, videos (MP4, MOV, WebM, MKV), or"
            " folders of them."
        ),
    ],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Where the reviews go, for `guandian mine`: .jsonl.")
    ],
    speech: Annotated[
        Path | None,
        typer.Option(
            help="The folder of a Whisper or SenseVoice model; hears recordings and videos."
        ),
    ] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(help="Files that cannot be read go there; without it the first one stops."),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="By default, every core.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Read the text of pictures, recordings and videos, with the place of every character."""
    import json

    from guandian.files import RejectFile
    from guandian.io.atomic import AtomicFile, telling
    from guandian.io.output_guard import keep_files_apart, refuse_outputs, require_ending
    from guandian.media import is_video, media_files

    keep_files_apart([out, rejects], [*files, speech])
    require_ending(out, (".jsonl",))
    paths = media_files(files)
    keep_files_apart([out, rejects], paths)
    reader = _reader(paths, speech, threads)
    refuse_outputs([out, rejects], overwrite=overwrite)
    number = 0
    with RejectFile(rejects, overwrite=overwrite) as reject_file:
        written = AtomicFile(out, overwrite=overwrite)
        try:
            for review in reader.reviews(paths, reject_file, stop=rejects is None):
                row = {"id": review.id, "text": review.text, **review.extra}
                line = json.dumps(row, ensure_ascii=False) + "\n"
                with telling(out):  # a name need not be Unicode
                    written.file.write(line.encode(errors="replace"))
                number += 1
            written.commit()
        finally:
            written.discard()
    if speech is None and any(is_video(path) for path in paths):
        typer.echo(say("videos were looked at alone: --speech hears them"), err=True)
    if reject_file.skipped:
        typer.echo(f"{reject_file.skipped:,} {say('without any text')}", err=True)
    if reject_file.count:
        typer.echo(f"{counted(reject_file.count, 'rejects')} -> {rejects}", err=True)
    typer.echo(f"{counted(number, 'reviews')} -> {out}", err=True)


@app.command("show")
def show_media(
    mined: Annotated[
        Path, typer.Argument(help="What `guandian mine` wrote of read pictures: .jsonl.")
    ],
    files: Annotated[
        list[Path], typer.Argument(help="The pictures, recordings and videos, or folders of them.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The page: .html.")],
    overwrite: Overwrite = False,
) -> None:
    """Show opinions on the pictures that they were read from."""
    from guandian.data.taxonomy import taxonomy_names
    from guandian.files import read_mined
    from guandian.io.output_guard import (
        HTML_ENDINGS,
        keep_files_apart,
        refuse_outputs,
        require_ending,
    )
    from guandian.media import media_files
    from guandian.report import write_page
    from guandian.report.pictures.marked_page import marked_page

    keep_files_apart([out], [mined, *files])
    require_ending(out, HTML_ENDINGS)
    paths = media_files(files)
    keep_files_apart([out], [mined, *paths])
    answers = [(*pair, _places(pair[0], mined)) for pair in read_mined(mined)]
    refuse_outputs([out], overwrite=overwrite)
    shown = [(review, answer, places) for review, answer, places in answers if places is not None]
    if not shown:
        raise GuandianError(
            f"{mined} holds no review that was read from a picture or a recording",
            "read some: guandian media read FILES -o reviews.jsonl, and mine that",
        )
    write_page(marked_page(shown, paths, taxonomy_names()), out, overwrite=overwrite)
    typer.echo(f"{counted(len(shown), 'reviews')} -> {out}")


@app.command("agree")
def agree_media(
    mined: Annotated[Path, typer.Argument(help="What `guandian mine` wrote: .jsonl.")],
    files: Annotated[list[Path], typer.Argument(help="The pictures, or folders of them.")],
    model: Annotated[
        Path,
        typer.Option(help="A folder with pair.toml, an encoder of pictures and one of texts."),
    ],
    out: Annotated[Path, typer.Option("-o", "--out", help="The scores: .jsonl.")],
    column: Annotated[
        str | None,
        typer.Option(
            help="The column with the names of a review's pictures; without it the picture that it"
            " was read from."
        ),
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="By default, every core.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Score how far pictures show what their reviews say; no opinion is changed."""
    from guandian.cli.media.agreeing import write_scores
    from guandian.io.output_guard import keep_files_apart, require_ending
    from guandian.media import media_files

    keep_files_apart([out], [mined, model, *files])
    require_ending(out, (".jsonl",))
    paths = media_files(files)
    keep_files_apart([out], [mined, model, *paths])
    write_scores(mined, paths, model, out, (column, threads, overwrite))


def _places(review: Review, mined: Path) -> Places | None:
    from guandian.media import places_of

    try:
        return places_of(review)
    except ValueError as error:
        raise GuandianError(
            f"{mined}, review {review.id}: {error}",
            "read the pictures again, and mine without --mask what is to be shown on them",
        ) from error


def _reader(paths: Sequence[Path], speech: Path | None, threads: int | None) -> MediaReader:
    """What the files need, opened before anything is written."""
    from guandian.engine import usable_cores
    from guandian.media import MediaReader, RapidRecogniser, is_sound, is_video, speech_recogniser

    cores = threads or usable_cores()
    sounds = [path for path in paths if is_sound(path)]
    if sounds and speech is None:
        raise GuandianError(
            f"{sounds[0]} is speech, and no model hears it", "name its folder with --speech"
        )
    heard = speech is not None and (sounds or any(is_video(path) for path in paths))
    return MediaReader(
        RapidRecogniser(cores) if len(sounds) < len(paths) else None,
        speech_recogniser(speech, cores) if heard and speech is not None else None,
    )
