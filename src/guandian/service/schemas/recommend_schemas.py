"""What is to be recommended to whom, and the list with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, FiniteFloat, model_validator

from guandian.service.schemas.strict import Incoming, Outgoing, Words

if TYPE_CHECKING:  # they need libraries that the service does without
    from guandian.recommend.reasons import AspectReason
    from guandian.recommend.recommender import Recommendation, Wish

Short = Annotated[Words, Field(min_length=1, max_length=500)]
_MOST = 100
"""Names of each kind that a request may hold."""


class RecommendRequest(Incoming):
    """For whom, or like what, or about what: one of the three."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"user": "u1", "n": 5, "only": {"brand": ["Acme"]}},
                {"like": "i4", "less_of": ["battery"]},
                {"about": "red case", "diversity": 0.5},
            ]
        }
    )

    user: Short | None = Field(None, description="A pseudonym; somebody new gets what is popular.")
    like: Short | None = Field(None, description="An item: others that are like it.")
    about: Annotated[Words, Field(min_length=1, max_length=2000)] | None = Field(
        None, description="Words of what is looked for."
    )
    n: Annotated[int, Field(ge=1, le=100, description="Items of the list.")] = 10
    only: Annotated[
        dict[Short, Annotated[list[Short], Field(max_length=_MOST)]],
        Field(max_length=20, description="By column of the items, values of which one must stand."),
    ] = {}
    less_of: Annotated[
        list[Short], Field(max_length=_MOST, description="Items and aspects that go down.")
    ] = []
    without: Annotated[
        list[Short], Field(max_length=_MOST, description="Items that are left out.")
    ] = []
    diversity: Annotated[
        FiniteFloat, Field(ge=0, le=1, description="How much items like one above them go down.")
    ] = 0.0

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(value is not None for value in (self.user, self.like, self.about)) != 1:
            raise ValueError("takes exactly one of user, like and about")
        return self

    def wish(self) -> Wish:
        """The same for a recommender."""
        from guandian.recommend.recommender import Wish

        return Wish(self.n, self.only, self.less_of, self.without, self.diversity, self.about or "")


class QuoteOut(Outgoing):
    """Words of a review of the item; `start` to `end`, code points of the raw review, half-open."""

    review: str
    start: int
    end: int
    text: str
    confidence: float


class AspectReasonOut(Outgoing):
    """What reviews of the item say of an aspect: numbers of marks, and quotes."""

    aspect: str
    praise: int
    complaints: int
    quotes: list[QuoteOut]

    @classmethod
    def of(cls, reason: AspectReason) -> Self:
        """The same without who wrote it."""
        return cls(
            aspect=reason.aspect,
            praise=reason.praise,
            complaints=reason.complaints,
            quotes=[
                QuoteOut(
                    review=quote.review,
                    start=quote.start,
                    end=quote.end,
                    text=quote.text,
                    confidence=quote.confidence,
                )
                for quote in reason.quotes
            ],
        )


class ReasonOut(Outgoing):
    """Why: what it is praised for, what others complain of, which items of the user it is like."""

    praised: list[AspectReasonOut]
    blamed: list[AspectReasonOut]
    because: list[str]
    popular: Annotated[int, Field(description="Users who like it.")]


class RecommendedItem(Outgoing):
    """An item of a list; scores of one list alone can be compared."""

    rank: int
    item: str
    title: Annotated[str, Field(description="Its text; empty where it is not known.")]
    score: float
    reason: ReasonOut

    @classmethod
    def of(cls, rank: int, row: Recommendation) -> Self:
        """A line of the list."""
        return cls(
            rank=rank,
            item=row.item,
            title=row.title,
            score=row.score,
            reason=ReasonOut(
                praised=[AspectReasonOut.of(reason) for reason in row.reason.praised],
                blamed=[AspectReasonOut.of(reason) for reason in row.reason.blamed],
                because=list(row.reason.because),
                popular=row.reason.popular,
            ),
        )


class RecommendAnswer(Outgoing):
    """A list, the best first."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "by": "user",
                    "known": True,
                    "items": [
                        {
                            "rank": 1,
                            "item": "i7",
                            "title": "Red case",
                            "score": 1.5,
                            "reason": {
                                "praised": [
                                    {
                                        "aspect": "screen",
                                        "praise": 8,
                                        "complaints": 1,
                                        "quotes": [
                                            {
                                                "review": "r1",
                                                "start": 0,
                                                "end": 15,
                                                "text": "the screen pops",
                                                "confidence": 0.9,
                                            }
                                        ],
                                    }
                                ],
                                "blamed": [],
                                "because": ["i4"],
                                "popular": 31,
                            },
                        }
                    ],
                }
            ]
        },
    )

    by: Literal["user", "like", "about"]
    known: Annotated[
        bool, Field(description="Whether the user is known; true for items and words.")
    ]
    items: list[RecommendedItem]

    @classmethod
    def of(cls, body: RecommendRequest, rows: Sequence[Recommendation], *, known: bool) -> Self:
        """The answer to a request."""
        by: Any = "user" if body.user is not None else "like" if body.like is not None else "about"
        items = [RecommendedItem.of(rank, row) for rank, row in enumerate(rows, start=1)]
        return cls(by=by, known=known, items=items)


class RecommenderState(Outgoing):
    """What is served to this tenant; where `available` is false, nothing is."""

    available: bool
    users: int = 0
    items: int = 0
    columns: Annotated[list[str], Field(description="That `only` may name.")] = []
    aspects: Annotated[list[str], Field(description="That `less_of` may name.")] = []
