"""What a store cannot say, and what it has instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from guandian.wording import Name, term

RefusalKind = Literal["forecast", "cause", "not_held", "advice", "unknown", "unclear"]


@dataclass(frozen=True, slots=True)
class StoreRefusal:
    """Why a question is not answered.

    Attributes:
        kind: of the reason.
        words: of the question that no name of the store has.
        exists: names that there are, by dimension, those with the most opinions.
    """

    kind: RefusalKind
    words: str = ""
    exists: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def reason(self) -> Name:
        """The reason in both languages, with the question that can be asked instead."""
        if self.kind == "forecast":
            return term("the reviews say what was, not what will be: ask for a trend")
        if self.kind == "cause":
            return term(
                "the reviews show what changed together, not what caused it: ask what changed"
            )
        if self.kind == "not_held":
            return term("reviews hold opinions, no sales, stocks or personal data")
        if self.kind == "advice":
            return term("what to do is for people to decide: ask what the reviews say of it")
        if self.kind == "unknown":
            return term("nothing in this store goes by the name of {words}", words=self.words)
        return term("no question to the store was understood: ask for numbers, changes or quotes")

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        reason = self.reason
        return {
            "kind": self.kind,
            "words": self.words,
            "reason": {"zh": reason.zh, "en": reason.en},
            "exists": {name: [*keys] for name, keys in self.exists.items()},
        }
