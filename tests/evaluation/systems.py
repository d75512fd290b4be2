"""Systems with a known behaviour on invented reviews, for the tests of this folder."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from guandian.domain import (
    Entity,
    Labelled,
    Language,
    Mined,
    Opinion,
    Polarity,
    Quad,
    Sentiment,
    Span,
)

POLARITIES = (Polarity.POSITIVE, Polarity.NEGATIVE)
ASPECTS = {"屏幕": "screen", "电池": "battery", "客服": "service", "价格": "price"}
WORDS = {"很清晰": Polarity.POSITIVE, "不耐用": Polarity.NEGATIVE, "一般般": Polarity.NEUTRAL}


def examples(number: int = 60, seed: int = 0) -> list[Labelled]:
    """Reviews such as `😀屏幕很清晰，电池不耐用`, with quads, sentiment and a product entity."""
    rng = np.random.default_rng(seed)
    made = []
    for review in range(number):
        text, quads = "😀" * (review % 3), []
        for _ in range(rng.integers(1, 4)):
            aspect, word = rng.choice(list(ASPECTS)), rng.choice(list(WORDS), p=[0.5, 0.4, 0.1])
            start = len(text)
            text += f"{aspect}{word}，"
            quads.append(
                Quad(
                    Span(start, start + 2), Span(start + 2, start + 5), ASPECTS[aspect], WORDS[word]
                )
            )
        text += "小米手机"
        entity = Entity(Span(len(text) - 2, len(text)), "product", 1.0)
        made.append(
            Labelled(
                id=str(review),
                text=text,
                dataset="made up",
                quads=tuple(quads),
                sentiment=quads[0].polarity,
                entities=(entity,),
                entity_types=("product",),
            )
        )
    return made


class Careless:
    """Knows the gold and spoils each part of it with a probability it is honest about."""

    def __init__(self, gold: Sequence[Labelled], spoil: float, seed: int = 1) -> None:
        self.gold = {example.text: example for example in gold}
        self.spoil, self.seed = spoil, seed

    def predict(self, texts: Sequence[str]) -> list[Mined]:
        """An answer for each text."""
        rng = np.random.default_rng(self.seed)
        return [self._answer(self.gold[text], rng) for text in texts]

    def _answer(self, example: Labelled, rng: np.random.Generator) -> Mined:
        opinions = []
        for quad in example.quads or ():
            doubt = float(rng.uniform(0, 2 * self.spoil))
            said = self._spoilt(quad, int(rng.integers(4))) if rng.random() < doubt else quad
            opinions.append(
                Opinion(
                    aspect=said.aspect,
                    expression=said.expression,
                    evidence=Span(0, len(example.text)),
                    category=said.category or "",
                    polarity=said.polarity,
                    confidence=1 - doubt,
                    tag="",
                )
            )
        assert example.sentiment is not None
        wrong = rng.random() < self.spoil
        label = Polarity.NEUTRAL if wrong else example.sentiment
        scores = {one.value: 0.8 if one is label else 0.1 for one in Polarity}
        brand = Entity(Span(len(example.text) - 4, len(example.text) - 2), "brand", 0.9)
        return Mined(
            review_id=example.id,
            language=Language.CHINESE,
            sentiment=Sentiment(label, **scores),
            opinions=tuple(opinions),
            entities=(*(example.entities or ()), brand),
            warnings=(),
            model="careless@1",
        )

    def _spoilt(self, quad: Quad, how: int) -> Quad:
        assert quad.expression is not None
        shorter = Span(quad.expression.start + 1, quad.expression.end)
        return [
            replace(quad, category="other"),
            replace(quad, polarity=POLARITIES[quad.polarity is Polarity.POSITIVE]),
            replace(quad, expression=shorter),
            replace(quad, aspect=None),
        ][how]
