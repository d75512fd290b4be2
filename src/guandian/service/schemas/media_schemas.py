"""Where the opinions of a review stand in its picture or its recording."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field

from guandian.domain import Polarity
from guandian.media import Places
from guandian.service.schemas.strict import Incoming, Outgoing, Whole, Words
from guandian.store import StoredReview

_Id = Annotated[Words, Field(min_length=1, max_length=500, description="Of a stored review.")]
_Moment = Annotated[Whole, Field(ge=0, le=2**31, description="Milliseconds.")]


class MediaQuery(Incoming):
    """The review that was read from a file."""

    review: _Id


class SoundQuery(MediaQuery):
    """A part of a recording."""

    begin: _Moment
    end: _Moment


class OpinionPlaces(Outgoing):
    """An opinion, and where its evidence stands."""

    id: str
    tag: str
    category: str
    polarity: Polarity
    marks: Annotated[
        list[list[int]],
        Field(
            description="Left, top, right, bottom in pixels of each line; begin and end in ms of "
            "each phrase. Empty where it stands nowhere."
        ),
    ]


class MediaAnswer(Outgoing):
    """What a review was read from; `served` tells whether the file itself can be asked for."""

    review: str
    kind: Literal["picture", "sound"]
    file: str
    served: bool
    extent: Annotated[
        list[int], Field(description="Width and height in pixels, or the length in ms.")
    ]
    opinions: list[OpinionPlaces]

    @classmethod
    def of(cls, stored: StoredReview, places: Places, *, served: bool) -> Self:
        """The places of a stored review's opinions."""
        return cls(
            review=stored.review.id,
            kind=places.kind,
            file=places.file,
            served=served,
            extent=list(places.extent),
            opinions=[
                OpinionPlaces(
                    id=item.id,
                    tag=item.opinion.tag,
                    category=item.opinion.category,
                    polarity=item.opinion.polarity,
                    marks=[list(mark) for mark in places.of(item.opinion.evidence)],
                )
                for item in stored.opinions
            ],
        )
