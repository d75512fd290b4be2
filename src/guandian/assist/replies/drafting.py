"""Drafts of replies to reviews: a public answer and a private message, of the review's opinions.

Sentences are chosen by opinions, categories, polarity and stars; among several drafts the one least
like earlier replies is taken. A review's text is never more than words that are named: orders in
it change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from guandian.assist.replies.composing import Brief, Composer, Mood
from guandian.assist.replies.guards import check_reply, rule_names
from guandian.assist.replies.house_style import HouseStyle
from guandian.assist.replies.likeness import NEARLY_EQUAL, ReplyIndex, likeness
from guandian.assist.replies.named_aspects import NamedAspect, Points, points_of
from guandian.assist.replies.reply_phrases import ReplyLanguage
from guandian.assist.replies.second_look import (
    ALIKE,
    GUARDED,
    HEALTH,
    reasons_to_look,
    speaks_of_harm,
    stars_of,
)
from guandian.domain import Language, Mined, Polarity, Review

_TRIES, _MOST_TRIES = 6, 24
"""Drafts of which the least like earlier ones is taken, and those tried where all are alike."""
_GOOD_STARS, _BAD_STARS = 4, 2


@dataclass(frozen=True, slots=True)
class ReplyDraft:
    """A draft for a person to send, change or drop.

    Attributes:
        review_id: of the review.
        language: of the reply.
        mood: `thanks`, `apology`, `both` or `neutral`.
        public: the answer under the review; empty where no draft passed the guards.
        private: the message to its writer; empty likewise.
        needs_person: whether it may never be sent unseen.
        reasons: why, as codes of `second_look`; empty where it may be sent by a rule of the shop.
        named: the aspects that the public answer names.
        guards: names of the guards that both texts passed.
    """

    review_id: str
    language: ReplyLanguage
    mood: Mood
    public: str
    private: str
    needs_person: bool
    reasons: tuple[str, ...]
    named: tuple[NamedAspect, ...]
    guards: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The object that `guandian assist reply` writes as a line of JSON."""
        return {
            "id": self.review_id,
            "language": self.language,
            "mood": self.mood,
            "public": self.public,
            "private": self.private,
            "needs_person": self.needs_person,
            "reasons": list(self.reasons),
            "named": [
                {
                    "start": name.span.start,
                    "end": name.span.end,
                    "text": name.words,
                    "category": name.category,
                    "polarity": str(name.polarity),
                }
                for name in self.named
            ],
            "guards": list(self.guards),
        }


def draft_reply(
    review: Review, mined: Mined, style: HouseStyle | None = None, earlier: Sequence[str] = ()
) -> ReplyDraft:
    """Draft the replies to one review.

    Args:
        review: as it came; its rating decides whether a person must look.
        mined: what was found in it.
        style: of the house.
        earlier: public answers to other reviews, which this one shall not be like.
    """
    return _draft(review, mined, style or HouseStyle(), ReplyIndex(earlier))


def draft_replies(
    reviews: Iterable[tuple[Review, Mined]],
    style: HouseStyle | None = None,
    index: ReplyIndex | None = None,
) -> Iterator[ReplyDraft]:
    """Draft the replies to many reviews, in their order, each unlike those before it.

    Where a reply would be nearly equal to an earlier one whatever sentences are taken, its public
    answer is refused: it is empty, and a person decides.

    Args:
        reviews: with what was found in them.
        style: of the house.
        index: of answers that were written before; those of the drafts are added to it.
    """
    house, known = style or HouseStyle(), ReplyIndex() if index is None else index
    for review, mined in reviews:
        draft = _draft(review, mined, house, known)
        if draft.public:
            known.add(draft.public)
        yield draft


def _draft(review: Review, mined: Mined, style: HouseStyle, index: ReplyIndex) -> ReplyDraft:
    language = _language(review.text, mined, style)
    points = points_of(review, mined, language, style.avoid)
    mood = _mood(review, mined, points)
    reasons = list(reasons_to_look(review, mined))
    key = f"{style.seed}|{review.id}|{review.text}"

    topic = HEALTH if speaks_of_harm(review, mined) else ""

    def composer(attempt: object) -> Composer:
        return Composer(language, style, Brief(points, mood, topic), f"{key}|{attempt}")

    public, names, why = _least_like(composer, review, index)
    messages = (composer(f"private {k}").private() for k in range(_TRIES))
    # The message says nothing that already stands under the review.
    by_likeness = sorted(messages, key=lambda text: likeness(text, public))
    private = next((t for t in by_likeness if t and not check_reply(t, review.text)), "")
    reasons += [why] if why else []
    reasons += [] if private else [GUARDED]
    return ReplyDraft(
        review.id, language, mood, public, private, bool(reasons), tuple(dict.fromkeys(reasons)),
        names, tuple(rule_names()),
    )  # fmt: skip


def _least_like(
    composer: Callable[[object], Composer], review: Review, index: ReplyIndex
) -> tuple[str, tuple[NamedAspect, ...], str]:
    """The answer least like earlier ones of those that pass the guards, else why there is none."""
    why = GUARDED
    for attempts in (range(_TRIES), range(_TRIES, _MOST_TRIES)):
        candidates = []
        for attempt in attempts:
            text, names = composer(attempt).public()
            if not text:
                continue
            candidates.append((index.nearest(text)[1], attempt, text, names))
            if not len(index):
                break
        for value, _, text, names in sorted(candidates, key=lambda row: row[:2]):
            if check_reply(text, review.text):
                continue
            if value < NEARLY_EQUAL:
                return text, names, ""
            why = ALIKE
            break
    return "", (), why


def _language(text: str, mined: Mined, style: HouseStyle) -> ReplyLanguage:
    if mined.language is Language.OTHER and any(sign.isalpha() for sign in text):
        return style.other_language
    return "en" if mined.language is Language.ENGLISH else "zh"


def _mood(review: Review, mined: Mined, points: Points) -> Mood:
    """What a reply does: it thanks nobody for a complaint, and apologises for no praise."""
    stars, label = stars_of(review), mined.sentiment.label
    good = bool(points.praise or points.praised)
    bad = bool(points.complaints or points.blamed)
    if label is Polarity.NEGATIVE:
        return "both" if points.praise else "apology"
    if stars is not None and stars <= _BAD_STARS:
        if points.praise and (bad or label is not Polarity.POSITIVE):
            return "both"
        return "neutral" if good and not bad and label is Polarity.POSITIVE else "apology"
    if bad:
        named = points.praise or points.complaints
        return "both" if good and named else "apology" if not good else "neutral"
    if label is Polarity.POSITIVE or (stars is not None and stars >= _GOOD_STARS):
        return "thanks"
    return "neutral"
