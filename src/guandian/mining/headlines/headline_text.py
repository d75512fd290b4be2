"""What of a headline is read: without the company before its colon, and without amounts."""

from __future__ import annotations

import re

from guandian.text.cleaning import clean

_COMPANY = re.compile(r"^\s*([^：:，,。；;\s（(]{2,16})\s*(?:[（(][^）)]{1,24}[）)])?\s*[：:]\s*")
_AMOUNT = re.compile(r"\d[\d,.]*\s*%?\s*[万亿]?(?:美元|港元|欧元|元|股|吨|辆)?")
_CLAUSE = re.compile(r"[，；。！？;,!?\s]+")


def company_of(headline: str) -> tuple[int, int] | None:
    """Where the company stands that a headline begins with and sets off by a colon.

    Returns:
        Start and end in code points, half-open; None where there is none.
    """
    match = _COMPANY.match(headline)
    return match.span(1) if match else None


def said_of(headline: str) -> str:
    """The cleaned headline without the company before its colon."""
    match = _COMPANY.match(headline)
    return clean(headline[match.end() :] if match else headline)[0]


def clauses_of(said: str) -> list[str]:
    """What a headline says, clause by clause, without amounts; the whole where that is all."""
    clauses = [_AMOUNT.sub("", clause) for clause in _CLAUSE.split(said)]
    return [clause for clause in clauses if clause] or [said]
