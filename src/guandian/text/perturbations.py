"""Labelled reviews made rough, as they come from the web, with their spans carried along.

To measure that cleaning is worth it: a model should find the same in the rough review. And to teach
a model that an emoji of a thing says nothing, which no labelled set shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from html import escape
from random import Random

from guandian.domain import Labelled, Span
from guandian.text.edits import Edit, edited, spans

_LETTERS = re.compile("[A-Za-z0-9]+")
_HAN = re.compile("[\u4e00-\u9fff]+")
_WORDS = re.compile(r"\w{2,6}")
_ENDS = "，。！？；,!?;"
_REPEATABLE = "！？。!?啊呀哦哈～~"
# Emoji that judge nothing: gold opinions stay what they are.
_EMOJI = ("📦", "🛍\ufe0f", "🚚", "👩\u200d💻", "📅", "🧾", "👋🏻")
# Others, to learn from: what is measured is not what was learned.
_TAUGHT_EMOJI = tuple("📱🎧📷🔋🎁🛒🏠🚗✈🍜🍎☕🌸🌞🌧📚✏⏰📌🐱🐶🎵⚽👗👟💄🧴🪥🛏🧸🔧💡🏪📝🎂🎈👶🧑")
_INLINE = (("<b>", "</b>"), ('<span style="color:red">', "</span>"), ("<em class=hl>", "</em>"))


def roughen(example: Labelled, seed: int) -> Labelled:
    """Wrap a labelled review in HTML, full-width and traditional characters, emoji, repeats.

    The spans of opinions and entities point into the rough text and say the same there. Equal
    arguments give equal results.
    """
    if not example.text:
        return example
    random = _random(example, seed)
    characters = _rewritten(example.text, spans(example), random)
    before, after = _inserted(example.text, random)
    before[0] = "<p>" + before[0]
    after[-1] += "</p>"
    return _rebuilt(example, before, characters, after)


def with_emoji(example: Labelled, seed: int) -> Labelled:
    """Set emoji that judge nothing behind the clauses of a labelled review, spans carried along."""
    if not example.text:
        return example
    random = _random(example, seed)
    after = [
        random.choice(_TAUGHT_EMOJI) if character in _ENDS and random.random() < 0.3 else ""
        for character in example.text
    ]
    after[-1] = "".join(random.choices(_TAUGHT_EMOJI, k=random.randint(1, 2)))
    return edited(example, (Edit(place, place, shown) for place, shown in enumerate(after, 1)))


def _random(example: Labelled, seed: int) -> Random:
    return Random(f"{seed}:{example.id}")  # noqa: S311


def _rebuilt(
    example: Labelled, before: Sequence[str], characters: Sequence[str], after: Sequence[str]
) -> Labelled:
    """The example with each character of its text written anew, its spans moved along."""
    edits: list[Edit] = []
    for place, (opening, character, closing) in enumerate(
        zip(before, characters, after, strict=True)
    ):
        edits += [Edit(place, place, opening)] * bool(opening)
        edits += [Edit(place, place + 1, character)] * (character != example.text[place])
        edits += [Edit(place + 1, place + 1, closing)] * bool(closing)
    return edited(example, edits)


def _rewritten(text: str, gold: list[Span], random: Random) -> list[str]:
    """What is written for each character of `text`."""
    characters = list(text)
    if random.random() < 0.5:
        characters = _traditional(text)
    for match in _LETTERS.finditer(text):
        if random.random() < 0.5:
            for place in range(*match.span()):
                characters[place] = chr(ord(text[place]) + 0xFEE0)
    inside = {place for span in gold for place in range(span.start, span.end)}
    for place, character in enumerate(text):
        if character in _REPEATABLE and place not in inside and random.random() < 0.5:
            characters[place] *= random.randint(4, 9)
        characters[place] = escape(characters[place])
    return characters


def _traditional(text: str) -> list[str]:
    convert = _to_traditional()
    characters = list(text)
    for match in _HAN.finditer(text):
        traditional = convert(match.group())
        if len(traditional) == len(match.group()):
            characters[match.start() : match.end()] = traditional
    return characters


@cache
def _to_traditional() -> Callable[[str], str]:
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC("s2t").convert
    return convert


def _inserted(text: str, random: Random) -> tuple[list[str], list[str]]:
    """What stands before and after each character: tags, spaces, emoji, zero-width characters."""
    before, after = [""] * len(text), [""] * len(text)
    for place, character in enumerate(text):
        if character in _ENDS and not text[place + 1 : place + 2].isdigit():
            after[place] += random.choice(("", "", "<br/>", "&nbsp;", random.choice(_EMOJI)))
        elif character.isalnum() and random.random() < 0.04:
            after[place] += random.choice(("\u200b", "\ufeff", "&#8203;"))
    for match in _WORDS.finditer(text):
        if random.random() < 0.15:
            opening, closing = random.choice(_INLINE)
            before[match.start()] = opening + before[match.start()]
            after[match.end() - 1] += closing
    after[-1] += random.choice(_EMOJI)
    return before, after
