"""A review and what might be mined from it, with an emoji before the spans."""

from __future__ import annotations

from guandian.domain import (
    Entity,
    Language,
    Mined,
    Opinion,
    Polarity,
    Review,
    Sentiment,
    Span,
)

TEXT = "👍华为这块屏幕很清晰，但是电池不耐用"
REVIEW = Review(
    id="r-1",
    text=TEXT,
    product="P50",
    rating=4.0,
    time="2024-03-05",
    language=Language.CHINESE,
    extra={"城市": "杭州", "text": "=1+1"},
)
MINED = Mined(
    review_id="r-1",
    language=Language.CHINESE,
    sentiment=Sentiment(Polarity.NEGATIVE, negative=0.5, neutral=0.125, positive=0.375),
    opinions=(
        Opinion(
            aspect=Span(5, 7),
            expression=Span(7, 10),
            evidence=Span(0, 10),
            category="performance",
            polarity=Polarity.POSITIVE,
            confidence=0.93,
            tag="屏幕清晰",
        ),
        Opinion(None, None, Span(11, 18), "battery", Polarity.NEGATIVE, 0.5, "电池不耐用"),
    ),
    entities=(Entity(Span(1, 3), "brand", 0.98),),
    warnings=("a long review was read in windows",),
    model="guandian-small@1.0.0",
)


def without_opinions(number: int, text: str = "随便写写") -> tuple[Review, Mined]:
    """A numbered review in which nothing was found."""
    review = Review(str(number), text, language=Language.CHINESE)
    sentiment = Sentiment(Polarity.NEUTRAL, 0.25, 0.5, 0.25)
    return review, Mined(str(number), Language.CHINESE, sentiment, (), (), (), "m@1")
