"""What people corrected, as labelled reviews that a training reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from guandian.data.readers.guandian_jsonl import own_line
from guandian.domain import Labelled, Mined, Quad, Review
from guandian.store.records.corrections import (
    CorrectionAction,
    CorrectionRecord,
    NewCorrection,
    quad_of,
)

TRUSTED = 0.9
"""The confidence from which an opinion that nobody looked at counts as right."""
_SET = "corrections"
ReadReview = Callable[[str], tuple[Review, Mined] | None]


@dataclass(frozen=True, slots=True)
class TrainingExport:
    """Labelled reviews, and the ids of those that are none.

    Attributes:
        records: the labelled reviews, in the order in which they were first corrected.
        undecided: an opinion of theirs is neither decided by a person nor trusted: half of a
            review's opinions would teach that the others are not there.
        gone: they are no longer stored, or their text is now too short for what was said.
    """

    records: tuple[Labelled, ...]
    undecided: tuple[str, ...]
    gone: tuple[str, ...]

    def lines(self) -> bytes:
        """The labelled reviews as JSON Lines."""
        return b"".join(map(own_line, self.records))


def export_corrections(
    corrections: Iterable[CorrectionRecord], read: ReadReview, trusted: float = TRUSTED
) -> TrainingExport:
    """Make labelled reviews of those that people corrected.

    Args:
        corrections: those that count, in the order in which they were made.
        read: gives a review and what a model finds in it at present, None where it is gone.
        trusted: the confidence, 0 to 1, from which opinions that nobody looked at are right; where
            a model's confidence was never fitted, above 0 none is.
    """
    by_review: dict[str, list[NewCorrection]] = {}
    for correction in corrections:
        by_review.setdefault(correction.said.review, []).append(correction.said)
    records, undecided, gone = [], [], []
    for id, said in by_review.items():
        stored, verdicts = read(id), verdicts_of(said)
        if stored is None or not _fits(stored[0].text, verdicts):
            gone.append(id)
        elif (quads := _quads(stored[1], verdicts, trusted)) is None:
            undecided.append(id)
        else:
            records.append(Labelled(id, stored[0].text, _SET, quads))
    return TrainingExport(tuple(records), tuple(undecided), tuple(gone))


def verdicts_of(said: Iterable[NewCorrection]) -> dict[Quad, bool]:
    """Which opinions of a review are right, and which wrong, by what was said of it in order."""
    last: dict[str | int, NewCorrection] = {}
    for number, correction in enumerate(said):
        name = number if correction.opinion is None else correction.opinion
        last.pop(name, None)
        last[name] = correction
    verdicts: dict[Quad, bool] = {}
    for correction in last.values():
        if correction.action is not CorrectionAction.ADD:
            verdicts[quad_of(correction.before)] = correction.action is CorrectionAction.ACCEPT
        if correction.fields:
            verdicts[quad_of(correction.result)] = True
    return verdicts


def _quads(mined: Mined, verdicts: dict[Quad, bool], trusted: float) -> tuple[Quad, ...] | None:
    """All opinions of a review that are right; None where some are not decided."""
    quads = []
    for opinion in mined.opinions:
        quad = Quad(opinion.aspect, opinion.expression, opinion.category, opinion.polarity)
        sure = opinion.confidence >= trusted and (mined.fitted or trusted <= 0)
        if quad not in verdicts and not sure:
            return None
        if verdicts.get(quad, True):
            quads.append(quad)
    right = (quad for quad, verdict in verdicts.items() if verdict)
    return tuple(dict.fromkeys((*quads, *right)))


def _fits(text: str, verdicts: dict[Quad, bool]) -> bool:
    spans = (span for quad in verdicts for span in (quad.aspect, quad.expression))
    return all(span is None or span.end <= len(text) for span in spans)
