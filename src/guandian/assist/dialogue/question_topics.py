"""What a question is about: the words before what is asked of them."""

from __future__ import annotations

import re

from guandian.assist.dialogue.word_kinds import known_words

LONGEST = 24
_LEAD = re.compile(
    r"(?:你好|您好|亲|请问|想问[一下]*|问[一下]*|那么?|我?想买[一个件双条台款]*|我?要买[一个件双条台款]*|我?[想要]*(?:退掉?|换掉?)[了]?(?=[这那我])|我?想要[一个件双条台款]*|我买的"
    r"|你们家?的?|咱们?家?的?|店里的?|家里的?|[这那][款个件双条台张套种把支]?|我的|开(?=发票)|[，,。\s])+"
)
_BORDER = re.compile(
    r"[，,。？?！!；;\s]|吗|呢|有|能(?!效|量)|可以|可不可以|支持|怎么|怎样|如何|多少|多久|多大|多长|多高|多重|为什么|是|会(?!员|议|计)|要|包(?=安装|邮|送|退|换)"
    r"|偏[大小码]|适合|什么|哪|在|几[瓦个天粒档岁号点]|还|带(?!子)|防水|防抖|坏|大吗|大不|小吗|重不|贵|下单|没|不|买[大小]|充绒|送|用|发货|发到|退|换|修|一天|上班|开门|关门"
)
_ATTRIBUTE = re.compile(
    r"(?:噪音|声音|容量|颜色|尺码|尺寸|价格|质量|味道|保质期|弹力|重量|材质|面料|功率|续航|分辨率|亮度|色温|密度|厚度|长度|成分|产地|型号|一级|二级|三级)$"
)
_NO_TOPIC = re.compile(
    r"(?:[一二两三四五六七八九十\d]+[天个年月]?[内前后]?|发|用|满|我|你们?|退|换|寄|送|价格|颜色|尺码|运费|人|东西|商品|宝贝)?"
)
_MODIFIER = re.compile(r"^(?:[\w.]{1,6}的)|的$|^[的码款]+|[的码款]+$")
_ENGLISH = re.compile(
    r"\b(?:of (?:the|my|your)|the|this|these|those|my|an?|have|will|is|are|do|does)\s+"
    r"(?P<words>[A-Za-z0-9-]+(?: [A-Za-z0-9-]+){0,3})"
)
_ENGLISH_BORDER = frozenset(
    [
        "in",
        "on",
        "at",
        "for",
        "to",
        "from",
        "of",
        "with",
        "within",
        "fit",
        "have",
        "has",
        "had",
        "is",
        "are",
        "be",
        "been",
        "do",
        "does",
        "did",
        "can",
        "could",
        "will",
        "would",
        "should",
        "support",
        "supports",
        "available",
        "waterproof",
        "safe",
        "dishwasher",
        "loud",
        "heavy",
        "good",
        "real",
        "come",
        "work",
        "works",
        "ship",
        "ships",
        "cost",
        "need",
        "needs",
        "take",
        "takes",
        "expire",
        "open",
        "any",
        "if",
        "and",
        "or",
        "not",
        "i",
        "you",
        "we",
        "it",
        "they",
        "real",
        "see-through",
        "still",
        "ok",
        "okay",
        "made",
        "assembled",
        "large",
        "small",
        "big",
        "new",
        "the",
        "a",
        "an",
        "your",
        "my",
        "this",
        "these",
        "those",
        "long",
        "how",
        "much",
        "many",
        "say",
        "by",
        "as",
        "back",
        "pay",
        "return",
        "change",
        "cancel",
    ]
)
_ENGLISH_EMPTY = frozenset(
    [
        "item",
        "items",
        "battery",
        "life",
        "thing",
        "things",
        "way",
        "one",
        "ones",
        "price",
        "size",
        "colour",
        "color",
    ]
)


def topic_of(question: str) -> str:
    """What a full question is about; empty where it is about nothing that can be named."""
    if question.isascii():
        return _english(question)
    text = question.strip()
    lead = _LEAD.match(text)
    start = lead.end() if lead else 0
    border = _BORDER.search(text, start)
    return _bare(text[start : border.start() if border else len(text)])


def _bare(words: str) -> str:
    """Without colours, sizes, numbers and what only qualifies."""
    for word in reversed(known_words(words)):
        if not word.kind.startswith("line"):
            words = words[: word.span.start] + words[word.span.end :]
    words = _trimmed(words)
    # "投影仪白天": the time is no part of the thing; of "手机" alone nothing would be left.
    last = next(reversed(known_words(words)), None)
    if last is not None and last.span.start > 0 and last.span.end == len(words):
        words = words[: last.span.start]
    words = _trimmed(_ATTRIBUTE.sub("", words)) or words
    return "" if _NO_TOPIC.fullmatch(words) or len(words) > LONGEST else words


def _trimmed(words: str) -> str:
    before = None
    while before != words:
        before, words = words, _MODIFIER.sub("", words.strip()) or words.strip("的码款 ")
    return words


def _english(question: str) -> str:
    best = ""
    for match in _ENGLISH.finditer(question):
        words = match["words"].split()
        cut = next(
            (k for k, word in enumerate(words) if word.lower() in _ENGLISH_BORDER), len(words)
        )
        phrase = " ".join(words[:cut])
        for word in reversed(known_words(phrase)):
            if not word.kind.startswith("line"):
                phrase = phrase[: word.span.start] + phrase[word.span.end :]
        phrase = " ".join(phrase.split())
        if phrase and phrase.lower() not in _ENGLISH_EMPTY and phrase.lower() != "battery life":
            if match.group().startswith("of "):
                return phrase
            best = best or phrase
    return best
