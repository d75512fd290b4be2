"""What is compared between a question and a passage: words, and pairs of Han characters."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from guandian.text.cleaning import clean

READ = 2000
"""Characters of a question that are read; a passage is read whole."""
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]+")
_WORD = re.compile(r"\w")
_LATIN = re.compile(r"[a-z]{4,}")
_MARKUP = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>|\[/?[A-Za-z]{1,9}\]|\x1b\[[\d;]{0,20}m")
"""Tags of a chat window, and colours of a terminal: nobody's words."""
_EMPTY = frozenset(
    [
        "的",
        "了",
        "吗",
        "呢",
        "啊",
        "吧",
        "呀",
        "嘛",
        "是",
        "有",
        "在",
        "我",
        "你",
        "您",
        "他",
        "她",
        "它",
        "们",
        "我们",
        "你们",
        "您们",
        "他们",
        "咱们",
        "和",
        "与",
        "或",
        "就",
        "都",
        "也",
        "还",
        "又",
        "这",
        "那",
        "请",
        "请问",
        "一下",
        "一个",
        "个",
        "么",
        "什么",
        "怎么",
        "怎样",
        "怎么样",
        "如何",
        "为什么",
        "为何",
        "哪",
        "哪个",
        "哪些",
        "哪里",
        "哪儿",
        "谁",
        "几",
        "多少",
        "多久",
        "可以",
        "能",
        "能不能",
        "可不可以",
        "会",
        "要",
        "想",
        "想要",
        "被",
        "把",
        "对",
        "从",
        "到",
        "于",
        "以",
        "及",
        "其",
        "等",
        "将",
        "之",
        "而",
        "吗",
        "麻烦",
        "谢谢",
        "你好",
        "您好",
        "a",
        "an",
        "the",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "am",
        "do",
        "does",
        "did",
        "i",
        "you",
        "he",
        "she",
        "it",
        "we",
        "they",
        "my",
        "your",
        "his",
        "her",
        "its",
        "our",
        "their",
        "to",
        "of",
        "in",
        "on",
        "at",
        "for",
        "and",
        "or",
        "but",
        "not",
        "with",
        "from",
        "by",
        "as",
        "this",
        "that",
        "these",
        "those",
        "there",
        "here",
        "what",
        "which",
        "who",
        "whom",
        "whose",
        "when",
        "where",
        "why",
        "how",
        "can",
        "could",
        "would",
        "should",
        "will",
        "shall",
        "may",
        "might",
        "must",
        "have",
        "has",
        "had",
        "please",
        "thanks",
        "thank",
        "hello",
        "hi",
        "me",
        "us",
        "them",
        "any",
        "some",
        "if",
        "so",
    ]
)
"""Words that say nothing of what is asked for."""


def search_words(text: str) -> list[str]:
    """Words of a text that say something, in order, in simplified characters and small letters.

    English plurals lose their s.
    """
    cut = _jieba().cut_for_search(_lowered(text))
    return [_plain(word) for word in cut if _WORD.search(word) and not _says_nothing(word)]


def character_pairs(text: str) -> list[str]:
    """Neighbours among the Han characters of a text, and its words of letters and digits."""
    lowered = _lowered(text)
    pairs = [run[k : k + 2] for run in _HAN.findall(lowered) for k in range(len(run) - 1)]
    return pairs + [_plain(word) for word in re.findall(r"[a-z0-9]+", lowered)
                    if word not in _EMPTY]  # fmt: skip


def _says_nothing(word: str) -> bool:
    """Tell whether a word, or the letter that it repeats (啊啊啊), says nothing."""
    return word in _EMPTY or {*word} <= _EMPTY & {word[0]}


def _lowered(text: str) -> str:
    return clean(_MARKUP.sub(" ", text))[0].lower()


def _plain(word: str) -> str:
    plural = _LATIN.fullmatch(word) and word.endswith("s") and not word.endswith(("ss", "us"))
    return word[:-1] if plural else word


@lru_cache(1)
def _jieba() -> Any:
    import rjieba

    return rjieba.Jieba()
