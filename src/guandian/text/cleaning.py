"""From a raw review text to the text that the model reads, with the way back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from guandian.text.alignment import Alignment, Edit, apply_edits
from guandian.text.markup import strip_html
from guandian.text.mojibake import repair_mojibake

Cleaner = Callable[[str], tuple[str, Alignment]]
"""Takes a text, gives the cleaned text and the way back to the characters it was given."""

_MOST_REPEATS = 3
# Of marks that judge nothing. Brackets and underscores are not among them: they make faces.
_MARKS = frozenset(["Po", "Pd", "Pi", "Pf"])

# C1 controls wait until mojibake is repaired: they are half of it.
_BROKEN = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_EMOJI_PARTS = "\ufe0e\ufe0f\U000e0020-\U000e007f"
_HIDDEN = (
    "\x80-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b\u200c\u200e"
    "\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U000e0000-"
    "\U000e001f\U000e0080-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{_HIDDEN}{_EMOJI_PARTS}\u200d]")
_INVISIBLE_RUN = re.compile(
    f"(?P<base>[^\\s{_HIDDEN}{_EMOJI_PARTS}\u200d])(?P<parts>[{_EMOJI_PARTS}]+)"
    "|(?P<joiner>(?<=[\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff]))"
    f"|[{_HIDDEN}{_EMOJI_PARTS}\u200d]"
)
_URL = re.compile(
    r"(?:https?|ftp)://[!-~]*[A-Za-z0-9/_=&#%~-]|(?<![A-Za-z0-9.@])www\.[A-Za-z0-9-]+\.[!-~]*[A-Za-z0-9/]",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}"
    r"(?![A-Za-z0-9@])"
)
# Digits are no repetition: 10000000 and 88888 say what they say.
_REPEATS = re.compile(rf"([^\d\s])\1{{{_MOST_REPEATS},}}")
_REPEATED_WORDS = re.compile(rf"([^\d\s]{{2,4}})\1{{{_MOST_REPEATS},}}")
# May such a repetition begin anywhere? A single character is looked for much faster than several.
_AGAIN = ["." * more + r"\1" for more in range(4)]
_ANY_REPEATED = re.compile(f"(.)(?:{'|'.join(its * _MOST_REPEATS for its in _AGAIN)})")
_WIDE = re.compile(
    "[\xa0\u202f\u3000\uff02-\uff07\uff0a\uff0b\uff0d-\uff19\uff1c-\uff1e\uff20-\uff5d"
    "\U0001d400-\U0001d7ff]"
)
_HAN_RUN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")


def drop_broken(text: str) -> tuple[str, Alignment]:
    """Take out NULs, other control characters and lone surrogates; join surrogate pairs."""
    if not _BROKEN.search(text):
        return text, Alignment.identity(len(text))
    return apply_edits(text, _broken(text))


def _broken(text: str) -> Iterator[Edit]:
    for match in _BROKEN.finditer(text):
        broken = match.group()
        joined = ""
        if len(broken) == 2:
            joined = broken.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        yield match.start(), match.end(), joined


def drop_addresses(text: str) -> tuple[str, Alignment]:
    """Put a space in the place of every web and e-mail address."""
    alignment = Alignment.identity(len(text))
    if "://" in text or "www." in text.lower():
        text, alignment = apply_edits(text, _spaced(_URL, text))
    if "@" in text:
        text, dropped = apply_edits(text, _spaced(_EMAIL, text))
        alignment = alignment.then(dropped)
    return text, alignment


def _spaced(pattern: re.Pattern[str], text: str) -> Iterator[Edit]:
    for match in pattern.finditer(text):
        yield match.start(), match.end(), " "


def drop_invisible(text: str) -> tuple[str, Alignment]:
    """Take out zero-width and direction marks; an emoji's variation marks count as its own.

    The joiner inside an emoji sequence stays.
    """
    if text.isascii() or not _INVISIBLE.search(text):
        return text, Alignment.identity(len(text))
    return apply_edits(text, _invisible(text))


def _invisible(text: str) -> Iterator[Edit]:
    for match in _INVISIBLE_RUN.finditer(text):
        if match["joiner"] is None:
            yield match.start(), match.end(), match["base"] or ""


def narrow(text: str) -> tuple[str, Alignment]:
    """Make full-width and mathematical letters, digits and signs plain, one to one.

    Chinese punctuation stays: it is what Chinese text is written with.
    """
    if not text.isascii() and _WIDE.search(text):
        text = text.translate(_narrow_forms())
    return text, Alignment.identity(len(text))


@cache
def _narrow_forms() -> dict[int, str]:
    codes = {*range(0xFF01, 0xFF5F), *range(0x1D400, 0x1D800)} - {
        ord(mark) for mark in "！（），：；？～"
    }
    forms = {code: unicodedata.normalize("NFKC", chr(code)) for code in codes}
    forms = {code: form for code, form in forms.items() if len(form) == 1 and ord(form) != code}
    return forms | {0x3000: " ", 0xA0: " ", 0x202F: " "}


def shorten_repeats(text: str) -> tuple[str, Alignment]:
    """Keep three of what stands four times or more: one character, or two to four together.

    Digits are left alone. The last one kept stands for all that were dropped.
    """
    if not _ANY_REPEATED.search(text):
        return text, Alignment.identity(len(text))
    text, alignment = apply_edits(text, _repeats(_REPEATS, text))
    text, shortened = apply_edits(text, _repeats(_REPEATED_WORDS, text))
    return text, alignment.then(shortened)


def _repeats(pattern: re.Pattern[str], text: str) -> Iterator[Edit]:
    for match in pattern.finditer(text):
        unit = match[1]
        yield match.start() + (_MOST_REPEATS - 1) * len(unit), match.end(), unit


def simplify(text: str) -> tuple[str, Alignment]:
    """Write traditional Chinese in simplified characters, by phrases."""
    if not _HAN_RUN.search(text):
        return text, Alignment.identity(len(text))
    convert = _to_simplified()
    try:
        simplified = convert(text)
    except UnicodeEncodeError:  # lone surrogates
        return apply_edits(text, _simplified(text, convert))
    if len(simplified) == len(text):
        return simplified, Alignment.identity(len(text))
    return apply_edits(text, _simplified(text, convert))


def _simplified(text: str, convert: Callable[[str], str]) -> Iterator[Edit]:
    for match in _HAN_RUN.finditer(text):
        run, start = match.group(), match.start()
        simplified = convert(run)
        if len(simplified) == len(run):
            yield from (
                (start + offset, start + offset + 1, new)
                for offset, (old, new) in enumerate(zip(run, simplified, strict=True))
                if old != new
            )
        else:
            yield start, match.end(), simplified


@cache
def _to_simplified() -> Callable[[str], str]:
    import opencc

    convert: Callable[[str], str] = opencc.OpenCC("t2s").convert
    return convert


CLEANERS: Sequence[Cleaner] = (
    drop_broken,
    repair_mojibake,  # before the controls go that are half of it
    strip_html,
    drop_addresses,  # after HTML, whose attributes hold addresses
    drop_invisible,  # after HTML, whose entities name such characters
    narrow,
    shorten_repeats,
    simplify,
)
"""All the cleaners, in the order in which each finds what it looks for."""


def clean(text: str, cleaners: Sequence[Cleaner] = CLEANERS) -> tuple[str, Alignment]:
    """Clean a raw review text.

    Args:
        text: any text, hostile ones included.
        cleaners: what is done, in order.

    Returns:
        The cleaned text, empty when nothing but markup was there, and its alignment with `text`.
    """
    alignment = Alignment.identity(len(text))
    for cleaner in cleaners:
        text, step = cleaner(text)
        if step is not alignment:  # one and the same object where neither changed anything
            alignment = alignment.then(step)
    return text, alignment


NOTHING_TO_READ = "text: nothing to read after cleaning; called neutral"
"""The warning that a review bears which says nothing."""


def says_nothing(text: str) -> bool:
    """Tell whether a clean text is empty or blanks and punctuation alone.

    Emoji, numbers and what may be a face, `:)`, say something.
    """
    return all(
        character.isspace() or character in "~～" or unicodedata.category(character) in _MARKS
        for character in text
    )
