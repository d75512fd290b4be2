"""A behaviour suite: cases that say what a system must, and must not, find in a text.

After the checklists of Ribeiro et al. 2020 (arXiv:2005.04118). A suite is JSON Lines:
```
{"id": "irony-1", "capability": "irony", "text": "质量真“好”，一天就坏", "silent": [],
 "expect": [{"expression": "一天就坏", "polarity": "negative"}], "sentiment": "negative"}
```
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guandian.domain import Polarity, Span
from guandian.errors import BadRow, GuandianError, reason
from guandian.evaluation.evaluate import Answer, QuadPredictor
from guandian.evaluation.metrics.matching import spans_meet
from guandian.evaluation.metrics.tuples import judging_words
from guandian.io.bounded import MOST_WORDS, read_text


@dataclass(frozen=True, slots=True)
class Case:
    """A text, and what there is to find.

    Attributes:
        id: unique in its suite.
        capability: what the case asks for, such as `irony`.
        text: raw.
        expect: the words that judge, with their polarity: an opinion overlaps them with that
            polarity, none with the opposite one.
        silent: words that judge nothing: no opinion overlaps them.
        sentiment: of the whole text, None where the case does not ask for it.
    """

    id: str
    capability: str
    text: str
    expect: tuple[tuple[Span, Polarity], ...] = ()
    silent: tuple[Span, ...] = ()
    sentiment: Polarity | None = None

    def passed_by(self, answer: Answer) -> bool:
        """Tell whether an answer holds all that the case asks for."""
        opinions = [(_place(opinion), opinion.polarity) for opinion in answer.opinions or ()]
        opposite = {
            Polarity.POSITIVE: {Polarity.NEGATIVE},
            Polarity.NEGATIVE: {Polarity.POSITIVE},
            Polarity.NEUTRAL: set[Polarity](),
        }
        for span, polarity in self.expect:
            polarities = {kind for words, kind in opinions if spans_meet(words, span)}
            if polarity not in polarities or polarities & opposite[polarity]:
                return False
        if any(spans_meet(words, span) for span in self.silent for words, _ in opinions):
            return False
        expected = self.sentiment
        return expected is None or (
            answer.sentiment is not None and answer.sentiment.label == expected
        )


@dataclass(frozen=True, slots=True)
class Passed:
    """The cases of one capability that a system passed, of how many."""

    capability: str
    passed: int
    cases: int

    @property
    def share(self) -> float:
        """The share that was passed."""
        return self.passed / self.cases


def score_suite(predictor: QuadPredictor, cases: Sequence[Case]) -> list[Passed]:
    """The share of a suite that a system passes, by capability in the order of the cases."""
    answers = predictor.predict([case.text for case in cases])
    by_capability: dict[str, list[bool]] = defaultdict(list)
    for case, answer in zip(cases, answers, strict=True):
        by_capability[case.capability].append(case.passed_by(answer))
    return [Passed(name, sum(passes), len(passes)) for name, passes in by_capability.items()]


def all_capabilities(results: Sequence[Passed]) -> Passed:
    """All capabilities as one, each case counted once."""
    return Passed(
        "all", sum(result.passed for result in results), sum(result.cases for result in results)
    )


def read_suite(path: Path) -> list[Case]:
    """The cases of a suite.

    Raises:
        GuandianError: no such file, or no case in it.
        BadRow: a line that is no case; it says what is wrong.
    """
    try:
        lines = read_text(path, MOST_WORDS).split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise GuandianError(
            f"no suite can be read at {path}: {reason(error)}", "name a JSON Lines file of cases"
        ) from error
    cases = list(_cases(path, lines))
    if not cases:
        raise GuandianError(f"{path} holds no case", "write one JSON object a line")
    return cases


def _cases(path: Path, lines: Sequence[str]) -> Iterator[Case]:
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            case = _case(json.loads(line))
            if case.id in seen:
                raise ValueError(f"a second case {case.id!r}")
        except (ValueError, RecursionError) as error:
            raise BadRow(str(path), number, "", f"no case: {error}") from error
        seen.add(case.id)
        yield case


def _case(row: Any) -> Case:
    if not isinstance(row, dict):
        raise ValueError(f"needs an object, got {row!r}")
    if strange := [key for key in row if key not in _KEYS]:
        raise ValueError(f"unknown key {strange[0]!r}; known: {', '.join(_KEYS)}")
    name, capability, text = (_text(row, key) for key in ("id", "capability", "text"))
    expect = []
    for item in _list(row, "expect"):
        if not isinstance(item, dict) or {*item} != {"expression", "polarity"}:
            raise ValueError(f"expect needs objects of expression and polarity, got {item!r}")
        expect.append((_only(_text(item, "expression"), text), _polarity(item["polarity"])))
    silent = tuple(_only(words, text) for words in _list(row, "silent"))
    named = row.get("sentiment")
    sentiment = None if named is None else _polarity(named)
    if not expect and not silent and sentiment is None:
        raise ValueError("asks for nothing: give expect, silent or sentiment")
    return Case(name, capability, text, tuple(expect), silent, sentiment)


_KEYS = ("id", "capability", "text", "expect", "silent", "sentiment")


def _text(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} needs a text, got {value!r}")
    return value


def _list(row: dict[str, Any], key: str) -> list[Any]:
    value = row.get(key)
    if value is not None and not isinstance(value, list):
        raise ValueError(f"{key} needs a list, got {value!r}")
    return value or []


def _polarity(named: object) -> Polarity:
    try:
        return Polarity(str(named))
    except ValueError:
        names = ", ".join(kind.value for kind in Polarity)
        raise ValueError(f"unknown polarity {named!r}: one of {names}") from None


def _only(words: object, text: str) -> Span:
    if not isinstance(words, str) or not words:
        raise ValueError(f"silent needs texts, got {words!r}")
    if text.count(words) != 1:
        raise ValueError(f"{words!r} stands {text.count(words)} times in its text, not once")
    start = text.index(words)
    return Span(start, start + len(words))


def _place(opinion: Any) -> Span | None:
    """The words that judge: an expression, the aspect where there is none, else the clause."""
    span: Span | None = judging_words(opinion) or getattr(opinion, "evidence", None)
    return span
