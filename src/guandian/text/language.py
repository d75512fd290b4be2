"""The language of a review: Chinese, English, both, or another."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from guandian.domain import Language

_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA = re.compile("[\u3041-\u309f\u30a1-\u30fa\u30fd-\u30ff\uff66-\uff9f]")
_LATIN_WORD = re.compile(r"(?<![A-Za-zÀ-ɏ\d])[A-Za-zÀ-ɏ]{2,}+(?!\d)")
_OTHER_LETTER = re.compile(
    r"[^\W\d_A-Za-zªºÀ-ɏ\u0300-\u036f\u2c60-\u2c7f\u3041-\u30ff\u3400-\u9fff]"
)

_SEEN = 4000  # characters that are looked at: enough to tell
_CHINESE = 0.95  # share of Han characters from which on a text is Chinese whatever the rest
_RATHER_CHINESE = 0.85  # and from which on it is if the rest is names and no English
_ENGLISH_AT_MOST = 0.2  # share of Han characters in a text that is English
_MOST_KANA = 0.15
# Common in English reviews and no word of the other languages in Latin letters.
_ENGLISH = frozenset(
    "the and it this that very with but not of my great good love you have has are would "  # noqa: SIM905
    "product works too nice just bad battery phone they which was really than after don better "
    "quality price screen excellent easy only much which when from food place service".split()
)
_LEAST_ENGLISH = 1 / 12  # of the words
_SHORT = 24  # letters: a guess on less is worth nothing
_SURE = 0.9
_LATIN_LANGUAGES = "en fr de es it pt nl id ms vi tr pl sv da fi ro cs hu".split()  # noqa: SIM905


def language(text: str) -> Language:
    """The language of a (clean) review text, by its scripts.

    A Han character counts like a word of Latin letters. Japanese, Korean, Russian and so on are
    `OTHER`, and so is a text without letters; Latin letters are English unless a longer text is
    surely something else.
    """
    text = text[:_SEEN]
    han = len(_HAN.findall(text))
    words = _LATIN_WORD.findall(text)
    if not text.isascii():
        kana = len(_KANA.findall(text))
        others = len(_OTHER_LETTER.findall(text))
        if (kana > 1 and kana > _MOST_KANA * (kana + han)) or others > han + sum(map(len, words)):
            return Language.OTHER
    if not han and not words:
        return Language.ENGLISH if re.search("[A-Za-z]", text) else Language.OTHER
    chinese = han / (han + len(words))
    if chinese >= _CHINESE or (chinese >= _RATHER_CHINESE and not _known(words)):
        return Language.CHINESE
    if chinese > _ENGLISH_AT_MOST:
        return Language.MIXED
    return Language.ENGLISH if _is_english(words) else Language.OTHER


def _is_english(words: list[str]) -> bool:
    if _known(words) >= _LEAST_ENGLISH * len(words):
        return True
    text = " ".join(words)
    if len(text) < _SHORT:
        return True
    code, probability = _identifier().classify(text)
    return bool(code == "en" or probability < _SURE)


def _known(words: list[str]) -> int:
    return sum(word.lower() in _ENGLISH for word in words)


@cache
def _identifier() -> Any:
    """Read when first needed: it takes a second, and few texts need it."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_LATIN_LANGUAGES)
    return identifier
