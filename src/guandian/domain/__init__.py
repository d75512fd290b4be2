"""The records that flow through guandian: plain frozen dataclasses, standard library only."""

from guandian.domain.labelled import Labelled, Quad
from guandian.domain.labels import Label, LabelHead, LabelValue
from guandian.domain.records import (
    Entity,
    Language,
    Mined,
    Opinion,
    Polarity,
    Review,
    Sentiment,
    Span,
)

__all__ = [
    "Entity",
    "Label",
    "LabelHead",
    "LabelValue",
    "Labelled",
    "Language",
    "Mined",
    "Opinion",
    "Polarity",
    "Quad",
    "Review",
    "Sentiment",
    "Span",
]
