"""The words of questions in Chinese and English, from `question_words.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from re import Pattern

from guandian.analyst.questions.refusals import RefusalKind
from guandian.analyst.questions.tool_calls import Dimensions

QUOTED = re.compile(r"[“\"「『‘]([^”\"」』’]{1,100})[”\"」』’]")
MENTIONED = re.compile(r"\b(?:mention\w*|contain\w*|talk\w* about)\b|提到|提及|说到|谈到|包含|含有")
SUPERLATIVE = re.compile(r"\b(?:best|worst|better|worse|happier)\b|最好|最差|更好|更差|受欢迎")
"""Words that rank by the net, and ask for no side."""
SCORE = re.compile(r"\bnet sentiment\b|\bscore\b|净情感|满意度|得分|评分")
"""Words that ask for the net, even beside those for a number."""
WHICH = (
    r"(?:\b(?:which|what|by|per|each|every|across)\s+"
    r"|哪一?(?:个|些|几个|款|种|类)?|各个?|各家|不同|按|分(?!别)|每个?|什么)\s*"
)
"""What makes a dimension's word one by which numbers are told apart."""


@dataclass(frozen=True)
class QuestionWords:
    """Patterns over folded questions.

    Attributes:
        refused: what makes a question one that reviews cannot answer.
        intents: what is wanted.
        negative, positive: the side that is asked about.
        units: of time.
        dimensions: by what numbers are told apart, with what asks for that before it.
        dimension_words: the same without.
        noise: words that choose nothing, `[en, zh]`.
    """

    refused: Mapping[RefusalKind, Pattern[str]]
    intents: Mapping[str, Pattern[str]]
    negative: Pattern[str]
    positive: Pattern[str]
    units: Mapping[str, Pattern[str]]
    dimensions: Mapping[Dimensions, Pattern[str]]
    dimension_words: Sequence[Pattern[str]]
    noise_en: frozenset[str]
    noise_zh: tuple[str, ...]


@cache
def question_words() -> QuestionWords:
    """The words, read once."""
    text = files("guandian.analyst.questions").joinpath("question_words.toml").read_text("utf-8")
    table = tomllib.loads(text)

    def patterns(name: str) -> dict[str, Pattern[str]]:
        return {key: re.compile(_either(words)) for key, words in table[name].items()}

    sides, dimensions = patterns("sides"), table["dimensions"]
    return QuestionWords(
        patterns("refused"),  # type: ignore[arg-type]  # a test holds the keys to the kinds
        patterns("intents"),
        sides["negative"],
        sides["positive"],
        patterns("units"),
        {key: re.compile(f"{WHICH}(?:{_either(its)})") for key, its in dimensions.items()},
        [*patterns("dimensions").values()],
        frozenset(table["noise"]["en"]),
        tuple(sorted(table["noise"]["zh"], key=len, reverse=True)),
    )


def _either(words: Mapping[str, Sequence[str]]) -> str:
    return "|".join([rf"\b(?:{'|'.join(words['en'])})\b" if words["en"] else r"(?!)", *words["zh"]])
