"""What no reply to a review may hold, in a draft or in a person's own words.

Money, coupons and gifts: the Interim Provisions against Unfair Competition on the Internet (China,
in force since 2024-09-01) forbid to induce praise by them, and a promise of money is a person's.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from guandian.domain import Span
from guandian.privacy.finding import find
from guandian.privacy.folding import folded_form
from guandian.text.cleaning import clean
from guandian.wording import Name, spoken, term

_COUNT = r"(?<![\d零一二两三四五六七八九十百千几半])[\d零一二两三四五六七八九十百千几半]{1,12}"
_DIGITS = r"(?<!\d)\d{1,12}"
_TIME = (
    rf"(?:{_COUNT}\s{{0,3}}个?\s{{0,3}}(?:小时|分钟|天|日|工作日|周|星期|月)|"
    rf"{_DIGITS}\s{{0,3}}(?:business )?(?:hours?|days?|weeks?|minutes?))"
)
_NEAR = r"[^。！？!?\n]{0,10}"
_FILE = "guards.toml"
_MARKS = re.compile(r"[<>{}\[\]\\`|*_#^~]|&\w+;|\]\(|[\x00-\x09\x0b-\x1f\x7f-\x9f]")
_HIDDEN = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_LONGEST_RUN = 20
_LONGEST_RUN_LATIN = 50
"""Letters of the review that a reply may repeat in a row."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A guard that a reply breaks.

    Attributes:
        rule: its name, such as `money`.
        words: those of the reply.
        span: where they stand in it, code points.
    """

    rule: str
    words: str
    span: Span

    @property
    def why(self) -> str:
        """What may not stand there, in the language that is wanted."""
        return spoken(*rule_names()[self.rule])


def check_reply(text: str, review: str = "") -> tuple[Violation, ...]:
    """Every guard over a reply, a draft's or a person's own.

    Args:
        text: of the reply; plain text.
        review: what it answers: a reply repeats no long run of it.

    Returns:
        The violations in the order of the text; none where it may be sent.
    """
    folded, alignment = folded_form(text)
    lowered = "".join(low if len(low := sign.lower()) == 1 else sign for sign in folded)
    violations = []
    for rule, pattern in _patterns().items():
        for match in pattern.finditer(lowered):
            if match.end() > match.start():
                span = alignment.to_raw(Span(match.start(), match.end()))
                violations.append(Violation(rule, span.of(text), span))
    violations += [
        Violation("contact", datum.span.of(text), datum.span)
        for datum in find(text)
        if datum.type not in ("name", "plate")
    ]
    violations += [
        Violation("marks", match.group(), Span(*match.span()))
        for pattern in (_MARKS, _HIDDEN)
        for match in pattern.finditer(text)
    ]
    violations += _repeated(text, review)
    return tuple(sorted(violations, key=lambda violation: (violation.span, violation.rule)))


def rule_names() -> dict[str, Name]:
    """What each rule forbids, by its name, in the order in which they are told."""
    return {
        "money": term("money, a coupon or a gift"),
        "rating": term("a request about the rating"),
        "contact": term("a way to reach somebody outside the platform"),
        "blame": term("blame of the customer"),
        "medical": term("a medical promise"),
        "promise": term("a promise of delivery or of an outcome"),
        "orders": term("orders to a machine"),
        "foul": term("foul words"),
        "marks": term("markup or hidden characters"),
        "echo": term("a long run of the review"),
    }


def breaks_rule(text: str, rule: str) -> bool:
    """Whether one of the rules that are expressions finds something."""
    return _patterns()[rule].search(folded_form(text)[0].lower()) is not None


def first_rules(violations: Sequence[Violation]) -> tuple[str, ...]:
    """The names of the rules that are broken, each once."""
    return tuple(dict.fromkeys(violation.rule for violation in violations))


def _repeated(text: str, review: str) -> list[Violation]:
    """The first long run of the review in a reply."""
    cleaned = clean(review)[0].lower()
    han = re.search("[\u3400-\u9fff]", cleaned) is not None
    length = _LONGEST_RUN if han else _LONGEST_RUN_LATIN
    lowered = text.lower()
    if len(cleaned) < length or len(lowered) != len(text):
        return []
    for start in range(len(text) - length + 1):
        if lowered[start : start + length] in cleaned:
            span = Span(start, start + length)
            return [Violation("echo", span.of(text), span)]
    return []


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    """What breaks a rule in a folded text in small letters, by the rule's name."""
    rules = tomllib.loads(files("guandian.assist.replies").joinpath(_FILE).read_text("utf-8"))
    joined = {name: "|".join((*row["chinese"], *row["others"])) for name, row in rules.items()}
    stood_for = {"TIME": _TIME, "NEAR": _NEAR, "COUNT": _COUNT, "DIGITS": _DIGITS}
    for word, expression in stood_for.items():
        joined = {name: pattern.replace(word, expression) for name, pattern in joined.items()}
    # ASCII: a word of Latin letters ends where a Han character begins, as in 加vx聊.
    return {name: re.compile(pattern, re.ASCII) for name, pattern in joined.items()}
