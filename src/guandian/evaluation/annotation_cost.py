"""What labelling costs: seconds of a person, by a model of them that is stated beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

from guandian.domain import Quad
from guandian.errors import GuandianError


@dataclass(frozen=True, slots=True)
class AnnotationCost:
    """Seconds that labelling takes a person; nobody's stop watch, an assumption to be varied.

    Attributes:
        review: of opening a review, deciding that it is done, and going on.
        character: of reading one; 0.25 is 240 characters a minute, reading to judge.
        correction: of one opinion that is added, taken out or mended, whatever is wrong with it.
    """

    review: float = 4.0
    character: float = 0.25
    correction: float = 8.0

    def __post_init__(self) -> None:
        for part in fields(self):
            seconds = getattr(self, part.name)
            if not 0 <= seconds < float("inf"):
                raise GuandianError(
                    f"{part.name} costs {seconds:g} seconds", "give 0 or more, such as 4.0"
                )
        if not self.review + self.character:
            raise GuandianError("reading a review costs nothing", "let it cost some seconds")

    def seconds(self, characters: float, corrections: float) -> float:
        """Those of one review of so many characters and corrections."""
        reading = self.review + self.character * characters
        return reading + self.correction * corrections

    def varied(self, factor: float = 2.0) -> Iterator[tuple[str, AnnotationCost]]:
        """The same with one part at a time over `factor`, then times it, each with its name."""
        for part in fields(self):
            for by in (1 / factor, factor):
                changed = getattr(self, part.name) * by
                yield f"{part.name} × {by:g}", replace(self, **{part.name: changed})


def corrections(labelled: Iterable[Quad], shown: Sequence[Quad]) -> int:
    """The fewest acts that make of the opinions shown those that a person would label.

    One that is wrong is mended into one that is missing in a single act, whichever parts are wrong;
    what is left is added or taken out.

    Args:
        labelled: by the person.
        shown: by a model, none where the person starts with the bare review.
    """
    right, before = set(labelled), set(shown)
    return max(len(right - before), len(before - right))
