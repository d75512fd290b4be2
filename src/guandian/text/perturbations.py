"""Labelled reviews made rough, as they come from the web, with their spans carried along.

To measure that cleaning is worth it: a model should find the same in the rough review. And to train
a model to know that an emoji of a thing says nothing, which no labelled set shows.
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
SILENT_EMOJI = ("📦", "🛍\ufe0f", "🚚", "👩\u200d💻", "📅", "🧾", "👋🏻")
# Others, to learn from: what is measured is not what was learned.
_TRAINING_EMOJI = tuple("📱🎧📷🔋🎁🛒🏠🚗✈🍜🍎☕🌸🌞🌧📚✏⏰📌🐱🐶🎵⚽👗👟💄🧴🪥🛏🧸🔧💡🏪📝🎂🎈👶🧑")
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
        random.choice(_TRAINING_EMOJI) if character in _ENDS and random.random() < 0.3 else ""
        for character in example.text
    ]
    after[-1] = "".join(random.choices(_TRAINING_EMOJI, k=random.randint(1, 2)))
    return edited(example, (Edit(offset, offset, shown) for offset, shown in enumerate(after, 1)))


def _random(example: Labelled, seed: int) -> Random:
    return Random(f"{seed}:{example.id}")  # noqa: S311


def _rebuilt(
    example: Labelled, before: Sequence[str], characters: Sequence[str], after: Sequence[str]
) -> Labelled:
    """The example with each character of its text written anew, its spans moved along."""
    edits: list[Edit] = []
    for offset, (opening, character, closing) in enumerate(
        zip(before, characters, after, strict=True)
    ):
        edits += [Edit(offset, offset, opening)] * bool(opening)
        edits += [Edit(offset, offset + 1, character)] * (character != example.text[offset])
        edits += [Edit(offset + 1, offset + 1, closing)] * bool(closing)
    return edited(example, edits)


def _rewritten(text: str, gold: list[Span], random: Random) -> list[str]:
    """Write each character of `text` anew."""
    characters = list(text)
    if random.random() < 0.5:
        characters = _traditional(text)
    for match in _LETTERS.finditer(text):
        if random.random() < 0.5:
            for offset in range(*match.span()):
                characters[offset] = chr(ord(text[offset]) + 0xFEE0)  # its full-width form
    inside = {offset for span in gold for offset in range(span.start, span.end)}
    for offset, character in enumerate(text):
        if character in _REPEATABLE and offset not in inside and random.random() < 0.5:
            characters[offset] *= random.randint(4, 9)
        characters[offset] = escape(characters[offset])
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
    """Draw tags, spaces, emoji and zero-width characters before and after each character."""
    before, after = [""] * len(text), [""] * len(text)
    for offset, character in enumerate(text):
        if character in _ENDS and not text[offset + 1 : offset + 2].isdigit():
            after[offset] += random.choice(("", "", "<br/>", "&nbsp;", random.choice(SILENT_EMOJI)))
        elif character.isalnum() and random.random() < 0.04:
            after[offset] += random.choice(("\u200b", "\ufeff", "&#8203;"))
    for match in _WORDS.finditer(text):
        if random.random() < 0.15:
            opening, closing = random.choice(_INLINE)
            before[match.start()] = opening + before[match.start()]
            after[match.end() - 1] += closing
    after[-1] += random.choice(SILENT_EMOJI)
    return before, after
