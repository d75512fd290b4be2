"""Plans the call for a question by rules: days, the store's own names, and words of questions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from guandian.analyst.questions.day_words import DaysAsked, days_asked
from guandian.analyst.questions.known_names import (
    GAP,
    GIVEN,
    MINED,
    KnownNames,
    NamedThing,
    fold_name,
    owners_among,
)
from guandian.analyst.questions.question_words import (
    MENTIONED,
    QUOTED,
    SCORE,
    SUPERLATIVE,
    WHICH,
    question_words,
)
from guandian.analyst.questions.refusals import StoreRefusal
from guandian.analyst.questions.tool_calls import CHOICES, Dimensions, ToolCall
from guandian.domain import Polarity
from guandian.errors import GuandianError

LONGEST = 500
"""Characters of a question."""
_BEFORE_SEARCHED = re.compile(
    r"^(?:\s|the|reviews?|comments?|that|which|with|mention\w*|contain\w*|of|about|for|words?"
    r"|评论|的|提到|包含|含有|含|关于|有|了)+"
)
_BEHIND_SEARCHED = re.compile(r"(?:的?评论|的|reviews?|[?？。.!！\s])+$")
_WORD = re.compile(r"[\u3400-\u9fff]+|[^\W\u3400-\u9fff\ue000-\uf8ff]+(?:['’.-]\w+)*")


@dataclass(frozen=True, slots=True)
class _Read:
    """What the words of a question say, each by itself."""

    intents: frozenset[str]
    polarity: Polarity | None
    by: Dimensions | None
    unit: str
    things: Sequence[NamedThing]
    days: DaysAsked
    left: str

    def names(self, dimension: Dimensions) -> tuple[str, ...]:
        keys = (thing.key for thing in self.things if thing.dimension == dimension)
        return tuple(dict.fromkeys(keys))


def plan_by_rules(question: str, names: KnownNames, today: date) -> ToolCall | StoreRefusal:
    """The call that answers a question, or why the store cannot.

    Args:
        question: in Chinese or English.
        names: of the store.
        today: the day that relative words are seen from.

    Raises:
        GuandianError: it is empty or too long.
    """
    folded = fold_name(checked_question(question))
    quoted = QUOTED.search(folded)
    words = quoted[1].strip() if quoted else ""
    words_of = question_words()
    searched = words_of.intents["search"].search(folded) is not None
    if quoted and searched:
        folded = folded.replace(quoted[0], " ")
    given, rest = names.take(folded, GIVEN)
    for kind, pattern in words_of.refused.items():
        if pattern.search(rest):
            return StoreRefusal(kind)
    days = days_asked(rest, today)
    reading = _reading(days, given, names)
    if searched and _only_searches(reading):
        words = words or _searched_words(days)
        if words:
            return _call("search", reading, words=words)
    if reading.left and MENTIONED.search(days.rest) and _only_searches(reading):
        return _call("search", reading, words=words or reading.left)
    if reading.left:
        anything = reading.intents or reading.polarity or reading.things or days.since or days.until
        kind = "unknown" if anything else "unclear"
        return StoreRefusal(kind, reading.left, names.examples())
    return _chosen(reading)


def owners_in(question: str, names: KnownNames) -> list[str]:
    """Names of a question that only say whose the next one is, and are not asked for themselves."""
    words = question_words()
    _, rest = names.take(fold_name(question), GIVEN)
    mined, _ = names.take(rest, MINED, words.noise_en.union(words.noise_zh))
    return [thing.key for thing in owners_among(mined)]


def checked_question(question: str) -> str:
    """A question that can be read.

    Raises:
        GuandianError: it is empty, or too long.
    """
    if not question.strip():
        raise GuandianError("the question is empty", "ask what buyers complain about")
    if len(question) > LONGEST:
        raise GuandianError(
            f"the question has {len(question):,} characters", f"ask in {LONGEST} or fewer"
        )
    return question


def _reading(days: DaysAsked, given: Sequence[NamedThing], names: KnownNames) -> _Read:
    words = question_words()
    reserved = words.noise_en.union(words.noise_zh)
    mined, rest = names.take(days.rest, MINED, reserved)
    intents = frozenset(name for name, its in words.intents.items() if its.search(rest))
    judged = words.intents["net"].sub(" ", rest)
    negative, positive = words.negative.search(judged), words.positive.search(judged)
    polarity = Polarity.NEGATIVE if negative else Polarity.POSITIVE if positive else None
    by = next((dim for dim, its in words.dimensions.items() if its.search(rest)), None)
    unit = next((unit for unit, its in words.units.items() if its.search(rest)), "auto")
    owners = owners_among(mined)
    mined = [thing for thing in mined if thing not in owners]
    left = rest
    for its in (*words.intents.values(), words.negative, words.positive):
        left = its.sub(" ", left)
    left = re.sub(WHICH, " ", left)
    for its in words.dimension_words:
        left = its.sub(" ", left)
    return _Read(intents, polarity, by, unit, (*given, *mined), days, _unknown(left))


def _unknown(rest: str) -> str:
    """The first word that chooses nothing that is known."""
    words = question_words()
    for noise in words.noise_zh:  # the longest first
        rest = rest.replace(noise, " ")
    for word in _WORD.findall(rest):
        bare = re.sub(r"['’]\w+$", "", word)
        if bare not in words.noise_en and not bare.isdecimal():
            return str(word)
    return ""


def _only_searches(reading: _Read) -> bool:
    return not reading.intents & {"trend", "compare", "changes", "volume"}


def _searched_words(days: DaysAsked) -> str:
    """What stands behind the word for searching, without what only leads to it."""
    behind = question_words().intents["search"].split(days.rest)[-1].replace(GAP, " ")
    return _BEHIND_SEARCHED.sub("", _BEFORE_SEARCHED.sub("", behind)).strip()


def _chosen(reading: _Read) -> ToolCall | StoreRefusal:
    intents, polarity, by = reading.intents, reading.polarity, reading.by
    several = next((dim for dim in CHOICES if len(reading.names(dim)) > 1), None)
    if "quotes" in intents:
        return _call("quotes", reading)
    if "trend" in intents:
        return _call("trend", reading, unit=reading.unit, polarity=_side(reading))
    if several and "compare" in intents:
        return _call("compare", reading, by=several, polarity=_side(reading))
    if "changes" in intents:
        return _call("changes", reading, unit=reading.unit)
    if by is None and "volume" in intents and not SCORE.search(reading.days.rest):
        return _call("volume", reading)
    if by is not None:
        return _call("share", reading, by=by, polarity=_side(reading))
    if "net" in intents and not _certain(polarity, reading.days.rest):
        return _call("net", reading, polarity=None)
    if polarity is not None:
        if reading.names("aspect") and not _category_instead(reading):
            return _call("quotes", reading)
        return _call("share", reading, by="aspect")
    if "net" in intents or reading.things:
        return _call("net", reading)
    return StoreRefusal("unclear")


def _side(reading: _Read) -> Polarity | None:
    """The side that is asked about; none where words such as "better" only rank."""
    if not SUPERLATIVE.search(reading.days.rest):
        return reading.polarity
    words, rest = question_words(), SUPERLATIVE.sub(" ", reading.days.rest)
    rest = words.intents["net"].sub(" ", rest)
    if words.negative.search(rest):
        return Polarity.NEGATIVE
    return Polarity.POSITIVE if words.positive.search(rest) else None


def _certain(polarity: Polarity | None, rest: str) -> bool:
    """Whether a side is asked about, not how both stand."""
    words = question_words()
    rest = words.intents["net"].sub(" ", rest)
    return polarity is not None and bool(words.negative.search(rest) or words.positive.search(rest))


def _category_instead(reading: _Read) -> bool:
    """Whether every aspect that is named is the name of a category too."""
    aspects = [thing for thing in reading.things if thing.dimension == "aspect"]
    return all("category" in thing.others for thing in aspects)


def _call(tool: str, reading: _Read, **more: Any) -> ToolCall:
    fields: dict[str, list[str]] = defaultdict(list)
    by_category = re.search(r"categor|类别|品类|大类", reading.days.rest) is not None
    shared = tool == "share" and more.get("by") == "aspect"
    for thing in reading.things:
        dimension, key = thing.dimension, thing.key
        if dimension == "aspect" and "category" in thing.others and (by_category or shared):
            dimension, key = "category", thing.others["category"]
        if key not in fields[CHOICES[dimension]]:
            fields[CHOICES[dimension]].append(key)
    chosen: dict[str, Any] = {"polarity": reading.polarity, **fields, **more}
    return ToolCall.model_validate(
        {"tool": tool, "since": reading.days.since, "until": reading.days.until, **chosen}
    )
