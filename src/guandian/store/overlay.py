"""What people corrected, laid over what models found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Protocol

from guandian.domain import Mined, Opinion, Polarity, Review, Span

Fields = Mapping[str, Any]


class Said(Protocol):
    """What a person said of one opinion, as `guandian.store.records` keeps it."""

    @property
    def opinion(self) -> str | None:
        """The id of the opinion; None of one that is added."""

    @property
    def review(self) -> str:
        """The id of its review."""

    @property
    def action(self) -> str:
        """Accept, fix, reject or add."""

    @property
    def fields(self) -> Fields:
        """What is to stand there: aspect, expression, category, polarity, tag."""


@dataclass(frozen=True, slots=True)
class JudgedOpinion:
    """An opinion that readers see.

    Attributes:
        id: of the opinion as a model found it, or of what a person added.
        opinion: as it is shown.
        corrected: whether a person changed, confirmed or added it.
    """

    id: str
    opinion: Opinion
    corrected: bool = False


def opinion_ids(review: Review, opinions: Iterable[Opinion]) -> list[str]:
    """The ids of a review's opinions, the same wherever and whenever the same are found in it.

    The first 16 hex digits are the review's.
    """
    seen: dict[str, int] = defaultdict(int)
    names = []
    for opinion in opinions:
        spans = [opinion.aspect, opinion.expression]
        spans += [] if any(spans) else [opinion.evidence]
        said = repr([span and (span.start, span.end) for span in spans])
        said += f"{opinion.category}\0{opinion.polarity}"
        seen[said] += 1
        digest = blake2b(f"{said}\0{seen[said]}".encode(), digest_size=4).hexdigest()
        names.append(f"o_{review_digest(review.id)}{digest}")
    return names


def review_digest(name: str) -> str:
    """The 16 hex digits that stand for the id of a review."""
    return blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def judged_opinions(review: Review, mined: Mined, said: Sequence[Said] = ()) -> list[JudgedOpinion]:
    """The opinions of a review after what people said of them; the last word on each counts.

    What was said of an opinion that is not found any more says nothing.
    """
    last = {word.opinion: word for word in said if word.opinion is not None}
    shown = []
    for name, opinion in zip(opinion_ids(review, mined.opinions), mined.opinions, strict=True):
        word = last.get(name)
        if word is None:
            shown.append(JudgedOpinion(name, opinion))
        elif word.action == "accept":
            shown.append(JudgedOpinion(name, replace(opinion, confidence=1.0), corrected=True))
        elif word.action == "fix":
            shown.append(JudgedOpinion(name, _fixed(review, opinion, word.fields), corrected=True))
    added = [_added(review, word.fields) for word in said if word.action == "add"]
    for name, opinion in zip(opinion_ids(review, added), added, strict=True):
        shown.append(JudgedOpinion(f"{name}+", opinion, corrected=True))
    return shown


def _fixed(review: Review, opinion: Opinion, fields: Fields) -> Opinion:
    aspect = _span(fields["aspect"]) if "aspect" in fields else opinion.aspect
    expression = _span(fields["expression"]) if "expression" in fields else opinion.expression
    evidence = _span(fields.get("evidence")) or opinion.evidence
    for span in (aspect, expression):
        if span is not None:
            evidence = Span(min(evidence.start, span.start), max(evidence.end, span.end))
    fixed = replace(
        opinion,
        aspect=aspect,
        expression=expression,
        evidence=evidence,
        category=str(fields.get("category", opinion.category)),
        polarity=Polarity(fields.get("polarity", opinion.polarity)),
        confidence=1.0,
    )
    return replace(fixed, tag=str(fields.get("tag") or _tag(review, fixed, opinion)))


def _added(review: Review, fields: Fields) -> Opinion:
    spans = [_span(fields.get(name)) for name in ("aspect", "expression", "evidence")]
    known = [span for span in spans if span is not None]
    whole = Span(0, max(1, len(review.text)))
    evidence = spans[2] or (
        Span(min(span.start for span in known), max(span.end for span in known)) if known else whole
    )
    opinion = Opinion(
        spans[0], spans[1], evidence, str(fields["category"]), Polarity(fields["polarity"]), 1.0, ""
    )
    return replace(opinion, tag=str(fields.get("tag") or _tag(review, opinion, None)))


def _tag(review: Review, opinion: Opinion, before: Opinion | None) -> str:
    """The words of an opinion; those of before where its spans are the same."""
    if before and (before.aspect, before.expression) == (opinion.aspect, opinion.expression):
        return before.tag
    said = [span for span in (opinion.aspect, opinion.expression) if span is not None]
    return "".join(span.of(review.text) for span in said or [opinion.evidence])


def _span(value: Any) -> Span | None:
    return None if value is None else Span(int(value["start"]), int(value["end"]))
