"""Scores of a review's opinions against its picture; no opinion is ever changed by one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from guandian.domain import Mined, Opinion, Review
from guandian.media.agreement.pair_description import PairDescription
from guandian.media.pictures.picture_file import Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray


class PicturesAndTexts(Protocol):
    """Gives pictures and texts vectors that can be compared; an own one replaces `OnnxPair`."""

    name: str
    description: PairDescription

    def pictures(self, pixels: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """Vectors of length 1: [n, d]."""
        ...

    def texts(self, texts: Sequence[str]) -> NDArray[Any]:
        """Vectors of length 1: [n, d]."""
        ...


@dataclass(frozen=True, slots=True)
class OpinionShown:
    """How far a picture shows what an opinion says.

    Attributes:
        opinion: as it was mined; its evidence is what the picture is asked for.
        cosine: of the picture and the sentence, -1 to 1.
        shown: the share of the sentence among it and the contrasts, 0 to 1; not a probability.
        contrast: the sentence that came nearest else.
    """

    opinion: Opinion
    cosine: float
    shown: float
    contrast: str

    def to_json(self, review: Review) -> dict[str, object]:
        """With the words that it rests on."""
        evidence = self.opinion.evidence
        return {
            "tag": self.opinion.tag,
            "category": self.opinion.category,
            "polarity": str(self.opinion.polarity),
            "evidence": {
                "start": evidence.start,
                "end": evidence.end,
                "text": evidence.of(review.text),
            },
            "cosine": round(self.cosine, 6),
            "shown": round(self.shown, 6),
            "contrast": self.contrast,
        }


def opinions_shown(
    review: Review, mined: Mined, picture: Picture, model: PicturesAndTexts
) -> list[OpinionShown]:
    """The score of each opinion, in their order, by zero-shot comparison.

    Each opinion's evidence, put into the description's sentence, is weighed against the contrasts
    by a softmax over scaled cosines (Radford et al. 2021, arXiv:2103.00020). The words of a review
    choose nothing else.
    """
    import numpy as np

    if not mined.opinions:
        return []
    described = model.description
    sentences = [described.sentence(opinion.evidence.of(review.text)) for opinion in mined.opinions]
    vectors = model.texts([*sentences, *described.contrasts])
    cosines = vectors @ model.pictures([picture.pixels])[0]
    against = cosines[len(sentences) :]
    nearest = described.contrasts[int(np.argmax(against))]
    rows = []
    for opinion, cosine in zip(mined.opinions, cosines, strict=False):
        weights = described.scale * (np.array([cosine, *against], np.float64))
        weights = np.exp(weights - weights.max())
        rows.append(
            OpinionShown(opinion, float(cosine), float(weights[0] / weights.sum()), nearest)
        )
    return rows
