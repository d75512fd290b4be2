"""Messages that no intent can be read from: nothing in them, gibberish, other languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from guandian.domain import Language
from guandian.text.language import language

NOTHING, GIBBERISH, OTHER = "nothing to read", "gibberish", "another language"
_TOKEN = re.compile(r"\[[^\[\]]{1,24}\]")
"""What stands in the place of personal data."""
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
_WORD = re.compile(r"[A-Za-zÀ-ɏ]+(?:['’][A-Za-z]+)?")
_LETTER = re.compile(r"[^\W\d_]")
_MOST_ODD = 0.6
"""Share of the letters that may stand in words which the tokenizer has but short parts of."""
_LETTERS_A_PIECE = 2.4
_FEW_ENGLISH = 0.3
"""Share of common English words from which on a text is English, however it is spelled."""
_TELLING = 13
"""Letters from which on their language can be guessed."""
_UNLIKELY = 0.1
_LEAST_HAN = 3
_MOST_SINGLE = 0.6
_LATIN_LANGUAGES = "en fr de es it pt nl id ms vi tr pl sv da fi ro cs hu no".split()  # noqa: SIM905
_SEEN = 1000
_ENGLISH = frozenset(
    "u ur pls plz thx i i'm i've my me mine we our you your he she it its this that these those "  # noqa: SIM905
    "the a an and or but "
    "if so not no yes is are was were be been am do does did don't doesn't didn't have has had "
    "haven't hasn't can can't could will would won't should may to of in on at by for from with "
    "about into out up off how what what's when where where's why which who please thanks thank "
    "hi hello help need want get got give make set tell show know send sent find still yet "
    "any some all more much many back order card refund money pay paid account change cancel "
    "phone time day today tomorrow new wrong right there here just only then than out too".split()
)
_COMMON_HAN = frozenset(
    "的了是不在我你他她它有没吗呢吧怎么什能可以要想请给到来去这那个就还都也和与为被把用买卖退货快递单钱"
)

Pieces = Callable[[str], int]
"""In how many parts the tokenizer knows a Latin word in small letters."""


def unreadable(masked: str, pieces: Pieces) -> str:
    """Why no intent can be read from a message; empty where one may be.

    Args:
        masked: with personal data written over, whose tokens do not count.
        pieces: tells words from strings of letters.
    """
    text = _TOKEN.sub(" ", masked[:_SEEN]).strip()
    letters = [letter.lower() for letter in _LETTER.findall(text)]
    if not letters:
        return NOTHING
    if len(letters) >= 4 and len(set(letters)) <= 2:
        return GIBBERISH
    if language(text) == Language.OTHER:
        return OTHER
    han = _HAN.findall(text)
    if han:
        return GIBBERISH if _is_mashed(han) else ""
    return _latin(text, pieces)


def _latin(text: str, pieces: Pieces) -> str:
    """Of a text in Latin letters alone."""
    words = [word.lower().replace("’", "'") for word in _WORD.findall(text)]
    english = sum(word in _ENGLISH for word in words)
    total = sum(map(len, words))
    if english >= _FEW_ENGLISH * len(words) and english:
        return ""
    if len(words) > 1 and total >= _TELLING and _is_foreign(text):
        return OTHER
    odd = sum(len(word) for word in words if word not in _ENGLISH and _is_odd(word, pieces(word)))
    return GIBBERISH if odd > _MOST_ODD * total else ""


def _is_odd(word: str, pieces: int) -> bool:
    """Whether letters make no word: the tokenizer knows none but short parts of it."""
    return pieces > 1 and len(word) < _LETTERS_A_PIECE * pieces


def _is_foreign(text: str) -> bool:
    chances = dict(_identifier().rank(text.lower()))
    return bool(chances.get("en", 0.0) < _UNLIKELY)


def _is_mashed(han: list[str]) -> bool:
    """Whether Han characters stand beside each other and make no word."""
    if len(han) < _LEAST_HAN or any(character in _COMMON_HAN for character in han):
        return False
    import rjieba

    words: list[str] = rjieba.cut("".join(han), False)  # by the dictionary alone
    return sum(len(word) == 1 for word in words) > _MOST_SINGLE * len(han)


@cache
def _identifier():  # type: ignore[no-untyped-def]
    """Read when first needed: it takes a second, and few messages need it."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LATIN_LANGUAGES)
    return identifier
