"""Opinions on the pictures and recordings they were read from: one HTML file that loads nothing.

Of a picture the page keeps the pixels under its text alone, so that no face and nothing else that
happens to be in it is stored; of a recording the words of opinions alone.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from guandian.display.html import render_html
from guandian.display.names import POLARITY_NAMES, Names, category_name
from guandian.domain import Mined, Review, Span
from guandian.errors import GuandianError
from guandian.io.bounded import read_whole
from guandian.media import Picture, Places, Sound, is_video, picture_of, sound_of
from guandian.media.pictures.bare_picture import bare_jpeg
from guandian.media.speech.sound_file import clip
from guandian.media.video.video_file import digest_of_video
from guandian.report.mined.single_review import shown
from guandian.wording import say

_FOLDER = Path(__file__).parent
_AROUND = 300
"""Milliseconds before and behind the words of an opinion that are heard with them."""
_LONGEST = 20_000
"""Milliseconds that are kept of one opinion."""
_MOST_SOUND = 16 << 20
"""Bytes of sound on a page; opinions behind them have their times alone."""


def marked_page(
    answers: Sequence[tuple[Review, Mined, Places]], files: Sequence[Path], names: Names
) -> str:
    """The page; text out of pictures is escaped wherever it stands.

    Args:
        answers: reviews with what was mined of them and where their characters stand.
        files: the pictures and recordings, known by their content and not by their names.
        names: Chinese and English names of the categories.

    Raises:
        GuandianError: a picture is not among the files, or is another than the one that was read.
        OSError: a file cannot be read.
    """
    digests = {_digest(path): path for path in files}
    kinds = {places.kind for _, _, places in answers}
    legends = {
        "picture": say("of a picture only what lies under its text is kept"),
        "sound": say("of a recording only the words of opinions are kept"),
    }
    left = _MOST_SOUND
    entries = []
    for review, mined, places in answers:
        entry = _entry(review, mined, places, digests, names)
        if places.kind == "sound":
            left = _add_sound(entry, sound_of(digests[places.digest]), left)
        entries.append(entry)
    view = {
        "title": say("Opinions on their pictures"),
        "legend": " · ".join(words for kind, words in legends.items() if kind in kinds),
        "entries": entries,
    }
    return render_html("marked_page.html.j2", view, [_FOLDER])


def _entry(
    review: Review, mined: Mined, places: Places, digests: dict[str, Path], names: Names
) -> dict[str, Any]:
    path = digests.get(places.digest)
    if path is None:
        raise GuandianError(
            f"{places.file} is not among the files, or was changed since it was read",
            "name the file or its folder behind the mined reviews",
        )
    opinions = [
        {
            "number": number,
            "tag": shown(opinion.tag),
            "category": shown(str(category_name(opinion.category, names))),
            "polarity": str(opinion.polarity),
            "name": str(POLARITY_NAMES[opinion.polarity]),
            "quote": shown(opinion.evidence.of(review.text)),
            "marks": places.of(opinion.evidence),
            "times": _times(places, opinion.evidence),
            "sound": "",
        }
        for number, opinion in enumerate(mined.opinions, 1)
    ]
    entry: dict[str, Any] = {"id": shown(review.id), "text": shown(review.text, lines=True)}
    entry |= {"opinions": opinions, "picture": None, "length": 0}
    if places.kind == "sound":
        return entry | {"length": places.extent[0]}
    picture = picture_of(path, places)
    if picture.size != places.extent:
        raise GuandianError(f"{path} has other sides than were read", "read the picture again")
    width, height = picture.size
    return entry | {"picture": _embedded(picture, places), "width": width, "height": height}


def _times(places: Places, span: Span) -> str:
    if places.kind == "picture":
        return ""
    return ", ".join(f"{begin / 1000:.1f}-{end / 1000:.1f} s" for begin, end in places.of(span))


def _digest(path: Path) -> str:
    return digest_of_video(path) if is_video(path) else sha256(read_whole(path)).hexdigest()


def _add_sound(entry: dict[str, Any], sound: Sound, left: int) -> int:
    """Give each opinion its words to hear, as long as there is room; how much room is left."""
    for opinion in entry["opinions"]:
        if not opinion["marks"]:
            continue
        begin = max(0, min(mark[0] for mark in opinion["marks"]) - _AROUND)
        end = max(mark[1] for mark in opinion["marks"]) + _AROUND
        content = clip(sound, begin, min(end, begin + _LONGEST))
        if len(content) <= left:
            opinion["sound"] = "data:audio/wav;base64," + b64encode(content).decode()
            left -= len(content)
    return left


def _embedded(picture: Picture, places: Places) -> str:
    """The picture as a data address, everything but its text painted over."""
    return "data:image/jpeg;base64," + b64encode(bare_jpeg(picture, places)).decode()
