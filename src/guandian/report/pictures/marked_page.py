"""Opinions on the pictures they were read from: one HTML file that loads nothing and runs nothing.

Of a picture the page keeps the pixels under its text alone, so that no face and nothing else that
happens to be in it is stored.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guandian.display.html import render_html
from guandian.display.names import POLARITY_NAMES, Names, category_name
from guandian.domain import Mined, Review, Span
from guandian.errors import GuandianError
from guandian.io.bounded import read_whole
from guandian.media import Picture, Places, open_picture
from guandian.report.mined.single_review import shown
from guandian.wording import say

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FOLDER = Path(__file__).parent
_PLAIN = 232
"""The grey of what is not kept."""
_WIDEST = 1080
"""Pixels of a picture on the page, across."""
_QUALITY = 85


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
    digests = {sha256(read_whole(path)).hexdigest(): path for path in files}
    view = {
        "title": say("Opinions on their pictures"),
        "legend": say("of a picture only what lies under its text is kept"),
        "entries": [
            _entry(review, mined, places, digests, names) for review, mined, places in answers
        ],
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
        }
        for number, opinion in enumerate(mined.opinions, 1)
    ]
    entry = {"id": shown(review.id), "text": shown(review.text, lines=True), "opinions": opinions}
    if places.kind == "sound":
        return entry | {"picture": None}
    picture = open_picture(path)
    if picture.size != places.extent:
        raise GuandianError(f"{path} has other sides than were read", "read the picture again")
    width, height = picture.size
    return entry | {"picture": _embedded(picture, places), "width": width, "height": height}


def _times(places: Places, span: Span) -> str:
    if places.kind == "picture":
        return ""
    return ", ".join(f"{begin / 1000:.1f}-{end / 1000:.1f} s" for begin, end in places.of(span))


def _embedded(picture: Picture, places: Places) -> str:
    """The picture as a data address, everything but its text painted over."""
    from PIL import Image

    image = Image.fromarray(_bare(picture, places))
    if image.width > _WIDEST:
        image = image.resize((_WIDEST, max(1, image.height * _WIDEST // image.width)))
    content = BytesIO()
    image.save(content, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + b64encode(content.getvalue()).decode()


def _bare(picture: Picture, places: Places) -> NDArray[Any]:
    import numpy as np

    plain = np.full_like(picture.pixels, _PLAIN)
    for stretch in places.stretches:
        for left, top, right, low in places.of(Span(stretch.start, stretch.end)):
            plain[top:low, left:right] = picture.pixels[top:low, left:right]
    return plain
