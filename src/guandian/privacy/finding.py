"""Every recogniser over one text, and which of them wins where several find something."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable

from guandian.domain import Span
from guandian.privacy.accounts import chat_accounts, email_addresses, order_numbers
from guandian.privacy.addresses import postal_addresses
from guandian.privacy.documents import bank_cards, identity_cards, travel_documents
from guandian.privacy.folding import end_of_keycap, folded_form
from guandian.privacy.person_names import person_names
from guandian.privacy.personal_data import Candidate, PersonalData
from guandian.privacy.phones import phone_numbers
from guandian.privacy.plates import car_plates

RECOGNISERS: tuple[Callable[[str], Iterable[Candidate]], ...] = (
    identity_cards,
    bank_cards,
    travel_documents,
    phone_numbers,
    car_plates,
    email_addresses,
    chat_accounts,
    order_numbers,
    postal_addresses,
    person_names,
)
"""Each takes a folded text and yields what it takes for personal data, in any order."""
_WEB_ADDRESS = re.compile(r"(?i)(?:https?://|www\.)[!-~]{1,2048}")


def find(text: str) -> tuple[PersonalData, ...]:
    """Find the personal data in a text.

    Time grows in proportion to the length of the text, whatever it holds.

    Args:
        text: raw, of any length; full width, blanks and emoji may stand in it.

    Returns:
        What was found, in the order of the text, without overlap; spans are code points of `text`.
    """
    folded, alignment = folded_form(text)
    links = _web_addresses(folded)
    candidates = [
        candidate
        for recogniser in RECOGNISERS
        for candidate in recogniser(folded)
        if links[bisect_right(links, (candidate[0], len(text))) - 1][1] <= candidate[0]
    ]
    data = []
    for start, end, kind, confidence in _apart(candidates):
        raw = alignment.to_raw(Span(start, end))
        span = Span(raw.start, end_of_keycap(text, raw.end))
        data.append(PersonalData(span, kind, confidence))
    return tuple(data)


def _web_addresses(folded: str) -> list[tuple[int, int]]:
    """Starts and ends of web addresses, whose numbers are nobody's, behind an empty first one."""
    if "://" not in folded and "www." not in folded.lower():
        return [(-1, -1)]
    return [(-1, -1), *(match.span() for match in _WEB_ADDRESS.finditer(folded))]


def _apart(candidates: list[Candidate]) -> list[Candidate]:
    """Those that overlap none that is surer, or as sure and longer."""
    chosen: dict[int, Candidate] = {}
    for candidate in sorted(candidates, key=lambda c: (-c[3], c[0] - c[1], c[0])):
        if not any(offset in chosen for offset in range(candidate[0], candidate[1])):
            chosen.update(dict.fromkeys(range(candidate[0], candidate[1]), candidate))
    return sorted(set(chosen.values()))
