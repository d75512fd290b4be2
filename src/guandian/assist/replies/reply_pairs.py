"""A person's edits of drafts, kept as pairs to learn from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from guandian.assist.replies.drafting import ReplyDraft
from guandian.assist.replies.guards import check_reply, first_rules
from guandian.assist.replies.likeness import likeness
from guandian.domain import Review
from guandian.privacy.masking import mask

Channel = Literal["public", "private"]


@dataclass(frozen=True, slots=True)
class ReplyPair:
    """What a person made of a draft; personal data is masked in every text.

    Attributes:
        review_id: of the review.
        review: its text.
        channel: `public` or `private`.
        language: of the reply.
        mood: of the draft.
        named: the words of the aspects that the draft named.
        draft: what was proposed.
        sent: what was sent.
        changed: from 0, sent as it was, to 1, nothing of it left.
        breaks: rules that what was sent breaks; such a pair is no example to learn from.
    """

    review_id: str
    review: str
    channel: Channel
    language: str
    mood: str
    named: tuple[str, ...]
    draft: str
    sent: str
    changed: float
    breaks: tuple[str, ...]

    @property
    def teaches(self) -> bool:
        """Whether a model may learn from it."""
        return bool(self.sent.strip()) and not self.breaks

    def to_dict(self) -> dict[str, Any]:
        """The object that is kept as a line of JSON."""
        return asdict(self) | {"named": list(self.named), "breaks": list(self.breaks)}


def pair_of_edit(
    review: Review, draft: ReplyDraft, sent: str, channel: Channel = "public"
) -> ReplyPair:
    """Make the pair of a draft and what a person sent in its place.

    Args:
        review: that was answered.
        draft: its draft.
        sent: the whole text that was sent.
        channel: which of the draft's texts it replaces.

    Raises:
        ValueError: the draft is of another review.
    """
    if draft.review_id != review.id:
        raise ValueError(f"the draft is of review {draft.review_id!r}, not of {review.id!r}")
    proposed = draft.public if channel == "public" else draft.private
    changed = 0.0 if proposed == sent else 1 - likeness(proposed, sent)
    return ReplyPair(
        review.id,
        mask(review.text)[0],
        channel,
        draft.language,
        draft.mood,
        tuple(name.words for name in draft.named),
        mask(proposed)[0],
        mask(sent)[0],
        round(changed, 4),
        first_rules(check_reply(sent, review.text)),
    )
