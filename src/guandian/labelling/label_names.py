"""What people call the parts of an opinion, and how its judgement stands in names of labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from guandian.data.readers.rows import (
    WrongField,
    clean_name,
    known_polarities,
    read_polarity,
)
from guandian.domain import Polarity
from guandian.tasks.head_spec import ASPECT, EXPRESSION

_CALLED = {
    ASPECT: (
        "aspect", "aspect term", "target", "opinion target", "评价对象", "对象", "评价维度",
        "评价属性", "评价方面", "属性词", "方面", "方面词",
    ),
    EXPRESSION: (
        "expression", "opinion", "opinion term", "opinion word", "opinion expression", "评价词",
        "观点词", "观点", "情感词", "评价观点",
    ),
}  # fmt: skip
_ROLES = {name: role for role, names in _CALLED.items() for name in names}
# Between a role and its judgement: `评价维度##正向` as PaddleNLP has it, and as we write it
# `expression/positive/price`. The others hold where a polarity follows: there may be a type
# `target-group`.
_CERTAIN, _LIKELY = ("##", "/"), ("#", ":", "：", "|", "-", "_", "(", "（", "[", "【", " ")
# Entity types, unless a polarity follows.
_LOOSE = {
    **dict.fromkeys(("属性", "维度", "特征", "asp", "t"), ASPECT),
    **dict.fromkeys(("opi", "op"), EXPRESSION),
}
_PARTS = re.compile(r"[\W_]+")
_CLOSING = " )）]】"
_LONGEST_CLASS = 40  # characters; what is longer, or has marks of a sentence, somebody wrote
_SENTENCE = frozenset("\n。！？!?；;")
STEP = "/"
"""Between the steps of a path through a taxonomy, in the name of a category or class."""


class Judgement(NamedTuple):
    """The judgement that names give: a polarity or none, categories (None for none), all names."""

    polarity: Polarity | None
    categories: tuple[str | None, ...]
    names: tuple[str, ...]


class Judged(NamedTuple):
    """The polarity of an opinion and its categories, None for none."""

    polarity: Polarity
    categories: tuple[str | None, ...]


def role_of(label: Any) -> str | None:
    """`aspect` or `expression`, if people call a part of an opinion so; else None."""
    return role_and_names(label)[0]


def role_and_names(label: Any) -> tuple[str | None, list[str]]:
    """The role that a label names, and what it says of the opinion besides.

    `评价维度##正向` is an aspect and 正向, `expression/positive/price` an expression, positive and
    price. A label of another kind is no role and says nothing.
    """
    if not isinstance(label, str):
        return None, []
    if role := _role(label):
        return role, []
    for mark in (*_CERTAIN, *_LIKELY):
        head, _, rest = label.partition(mark)
        first, _, more = rest.partition(mark)
        names = [name for name in (first, more) if name.strip(_CLOSING)]
        judges = bool(names) and is_polarity(names[0])
        role = _role(head) or (_LOOSE.get(head.strip().casefold()) if judges else None)
        if role and rest and (judges or mark in _CERTAIN):
            return role, names
    return None, []


def _role(name: str) -> str | None:
    folded = " ".join(name.casefold().replace("_", " ").replace("-", " ").split())
    return _ROLES.get(folded)


def is_polarity(name: str) -> bool:
    """Tell whether a word names a polarity."""
    try:
        read_polarity(name)
    except ValueError:
        return False
    return True


def holds_polarity(name: str) -> bool:
    """Tell whether a label judges, whatever else it names: `NEG`, `ASP-正面`, `正面观点词`."""
    if any(map(is_polarity, (name, *filter(None, _PARTS.split(name))))):
        return True
    halves = ((name[:index], name[index:]) for index in range(1, len(name)))
    return any(
        (is_polarity(left) and _role(right)) or (_role(left) and is_polarity(right))
        for left, right in halves
    )


def is_prose(name: str) -> bool:
    """Tell whether a name is what somebody wrote, and no class."""
    return len(name) > _LONGEST_CLASS or not _SENTENCE.isdisjoint(name)


def steps_of(path: Any) -> list[str]:
    """The names of one choice: a path through a taxonomy has several steps, a class one."""
    return [str(step) for step in path] if isinstance(path, list) else [str(path)]


def said_by(path: Sequence[str]) -> list[str]:
    """The names in a path: a polarity among its steps, and the others as one category.

    `DISPLAY`, `QUALITY` is one category, DISPLAY/QUALITY, and not two beside each other.
    """
    polarities = [step for step in path if is_polarity(step)]
    others = [step for step in path if not is_polarity(step)]
    return [*polarities, *([STEP.join(others)] if others else [])]


def judgement(names: Iterable[str], location: str) -> Judgement:
    """Polarity and categories among names, in any order; the name of a role says nothing.

    Raises:
        WrongField: two polarities, at `location`.
    """
    judging = tuple(name for name in names if _role(name) is None)
    polarities = [read_polarity(name) for name in judging if is_polarity(name)]
    categories: list[str | None] = [
        clean_name(name) for name in judging if not is_polarity(name) and clean_name(name)
    ]
    if len({*polarities}) > 1:
        raise WrongField(location, f"one opinion with the polarities {', '.join(polarities)}")
    polarity = polarities[0] if polarities else None
    return Judgement(polarity, tuple(dict.fromkeys(categories)) or (None,), judging)


def judged(ways: Iterable[Judgement], location: str) -> Judged:
    """The judgement of an opinion: of each part the first way that says it.

    Raises:
        WrongField: none says a polarity; what was said in its place is told.
    """
    judgements = list(ways)
    polarity = next((way.polarity for way in judgements if way.polarity), None)
    if polarity is None:
        raise WrongField(location, f"an opinion without a polarity: {_lacking(judgements)}")
    categories = next((way.categories for way in judgements if way.categories != (None,)), (None,))
    return Judged(polarity, categories)


def _lacking(ways: Sequence[Judgement]) -> str:
    names = list(dict.fromkeys(name for way in ways for name in way.names))
    if not names:
        return "choose one in the tool"
    chosen = ", ".join(map(repr, names))
    return f"{chosen} says none; known: {known_polarities()}"
