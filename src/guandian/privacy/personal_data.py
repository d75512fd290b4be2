"""The kinds of personal data that a review may hold, and where one stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guandian.domain import Span


class DataType(StrEnum):
    """What a piece of personal data is."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    PHONE = "phone"  # of another country than mainland China
    ID_CARD = "id_card"
    BANK_CARD = "bank_card"
    PASSPORT = "passport"
    PERMIT = "permit"  # of Hong Kong, Macao and Taiwan, their identity cards among them
    PLATE = "plate"
    EMAIL = "email"
    WECHAT = "wechat"
    QQ = "qq"
    ORDER = "order"
    PARCEL = "parcel"
    ADDRESS = "address"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class PersonalData:
    """Characters of a raw text that say who somebody is or how to reach them.

    Attributes:
        span: code points of the raw text, half-open.
        type: what it is.
        confidence: how sure the rule that found it is, in (0, 1]; it ranks rules, and is no
            measured probability.
    """

    span: Span
    type: DataType
    confidence: float


Candidate = tuple[int, int, DataType, float]
"""Start and end in a folded text, type and confidence: what a recogniser yields."""
