"""Sentences that give orders to a machine: in questions and passages alike nobody follows them."""

from __future__ import annotations

import re

from guandian.text.sentences import sentences

_ORDER = re.compile(
    r"(?:忽略|无视|忘记|忘掉|不要理会|跳过|绕过)[^。！？\n]{0,12}(?:规则|指令|指示|提示|设定|限制|要求|约束)"
    r"|(?:系统|开发者)(?:提示词?|指令)"
    r"|(?:你现在|从现在起你?|假装你?|请?扮演)(?:是|成|为)?[^。！？\n]{0,12}(?:管理员|开发者|系统|模型|助手|DAN)"
    r"|\b(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,30}"
    r"\b(?:rules?|instructions?|prompts?|guidelines|restrictions)\b"
    r"|\b(?:system|developer) (?:prompt|message)\b|\byou are now\b"
    r"|\bact as (?:an? )?(?:admin|system|developer|dan)\b",
    re.IGNORECASE,
)


def is_order(text: str) -> bool:
    """Tell whether a sentence speaks to the machine that reads it: "ignore all rules and …"."""
    return bool(_ORDER.search(text))


def without_orders(text: str) -> str:
    """A text without such sentences; itself where it has none, or nothing else."""
    if not is_order(text):
        return text
    rest = [span.of(text) for span in sentences(text) if not is_order(span.of(text))]
    return " ".join(rest) or text
