"""An answer: the call that was made, its numbers with intervals, and quotes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from guandian.analyst.digests.digest import QuotedWords, interval_json
from guandian.analyst.questions.refusals import StoreRefusal
from guandian.analyst.questions.tool_calls import ToolCall
from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.wording import Name

Planner = Literal["rules", "model"]


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A line of an answer; what does not belong to it is None.

    Attributes:
        name: what the line is about.
        reviews, opinions: how many, by the store.
        net: net sentiment, -1 to 1; of a change -2 to 2.
        share: of all reviews read, 0 to 1; of a change of volume the ratio, 1 is no change.
    """

    name: Name
    reviews: int | None = None
    opinions: int | None = None
    net: IntervalEstimate | None = None
    share: IntervalEstimate | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "name": {"zh": self.name.zh or self.name.en, "en": self.name.en or self.name.zh},
            "reviews": self.reviews,
            "opinions": self.opinions,
            "net": interval_json(self.net),
            "share": interval_json(self.share),
        }


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a call came to.

    Attributes:
        rows: its numbers.
        quotes: words of reviews behind them.
        remarks: what must be known beside the numbers.
    """

    rows: tuple[AnswerRow, ...]
    quotes: tuple[QuotedWords, ...] = ()
    remarks: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreAnswer:
    """An answer to a question, or why there is none.

    Attributes:
        question: as it was asked.
        plan: the call that was made, or the refusal.
        numbers: None with a refusal.
        planner: who chose the call; rules where a model's choice could not be read.
    """

    question: str
    plan: ToolCall | StoreRefusal
    numbers: Numbers | None
    planner: Planner = "rules"

    def to_json(self) -> dict[str, Any]:
        """As JSON."""
        plan = self.plan
        numbers = self.numbers or Numbers(())
        return {
            "question": self.question,
            "planner": self.planner,
            "call": None if isinstance(plan, StoreRefusal) else plan.to_json(),
            "refusal": plan.to_json() if isinstance(plan, StoreRefusal) else None,
            "rows": [row.to_json() for row in numbers.rows],
            "quotes": [quote.to_json() for quote in numbers.quotes],
            "remarks": [{"zh": remark.zh, "en": remark.en} for remark in numbers.remarks],
        }
