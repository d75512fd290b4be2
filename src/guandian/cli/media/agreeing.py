"""`guandian media agree`: pictures against the opinions of their reviews."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import typer

from guandian.domain import Mined, Review
from guandian.engine import usable_cores
from guandian.errors import GuandianError
from guandian.files import read_mined
from guandian.io.atomic import AtomicFile, telling
from guandian.io.output_guard import refuse_outputs
from guandian.media import is_sound, is_video, open_picture, places_of
from guandian.media.agreement import OnnxPair, opinions_shown
from guandian.wording import counted, say

_BETWEEN = re.compile(r"[\s,;，；、|]+")


def write_scores(
    mined: Path,
    files: Sequence[Path],
    folder: Path,
    out: Path,
    choices: tuple[str | None, int | None, bool],
) -> None:
    """Score each review with a picture, a line for each of its pictures.

    Args:
        mined: the reviews with their opinions.
        files: pictures; those of a review are found among them by their names.
        folder: of the model.
        out: where the lines go.
        choices: the column with the names, threads, whether `out` may be there.

    Raises:
        GuandianError: no review has a picture, one is missing or cannot be read, or the model.
    """
    column, threads, overwrite = choices
    pictures = {path.name: path for path in files if not is_sound(path) and not is_video(path)}
    answers = list(read_mined(mined))
    wanted = [(*answer, names_of(answer[0], column, mined)) for answer in answers]
    if not any(names for _, _, names in wanted):
        raise GuandianError(
            f"{mined} holds no review that names a picture",
            "name the column with --column, or mine what `guandian media read` wrote",
        )
    for review, _, names in wanted:
        for name in names:
            if name not in pictures:
                raise GuandianError(
                    f"{mined}, review {review.id}: {name[:80]!r} is not among the pictures",
                    "name the file or its folder behind the mined reviews",
                )
    model = OnnxPair.open(folder, threads or usable_cores())
    refuse_outputs([out], overwrite=overwrite)
    number = bare = 0
    written = AtomicFile(out, overwrite=overwrite)
    try:
        for line in _lines(wanted, pictures, model):
            with telling(out):
                written.file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
            number += 1
        written.commit()
    finally:
        written.discard()
    bare = sum(not names for _, _, names in wanted)
    if bare:
        typer.echo(f"{counted(bare, 'reviews')} {say('without a picture')}", err=True)
    typer.echo(f"{counted(number, 'pictures')} -> {out}", err=True)


def names_of(review: Review, column: str | None, mined: Path) -> list[str]:
    """The names of a review's pictures: of a column, or of the one that it was read from.

    Raises:
        GuandianError: what the review says of its places cannot be read.
    """
    if column is not None:
        return [name for name in _BETWEEN.split(review.extra.get(column, "")) if name]
    try:
        places = places_of(review)
    except ValueError as error:
        raise GuandianError(
            f"{mined}, review {review.id}: {error}",
            "read the pictures again, and mine them without --mask; or name a --column",
        ) from error
    whole = places is not None and places.kind == "picture" and places.at is None
    return [places.file] if places is not None and whole else []


def _lines(
    wanted: Sequence[tuple[Review, Mined, list[str]]],
    pictures: Mapping[str, Path],
    model: OnnxPair,
) -> Iterator[dict[str, object]]:
    for review, answer, names in wanted:
        for name in names:
            picture = open_picture(pictures[name])
            rows = opinions_shown(review, answer, picture, model)
            yield {
                "id": review.id,
                "file": name,
                "sha256": picture.digest,
                "model": model.name,
                "opinions": [row.to_json(review) for row in rows],
            }
