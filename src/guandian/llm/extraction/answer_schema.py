"""The closed form that an answer has, as a JSON schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

POLARITIES = ("positive", "negative", "neutral")
MOST_OPINIONS = 40
"""Of one text: a model that repeats itself ends there."""


def answer_schema(categories: Sequence[str]) -> dict[str, Any]:
    """The schema of an answer about one text.

    Kept to what every engine holds (no pattern, no bound of a string's length, no `uniqueItems`:
    llguidance 1.9 refuses the last, xgrammar 0.2 ignores it). Engines write the keys in this order:
    what is judged stands before how.

    Args:
        categories: that an opinion may have.
    """
    quote = {"type": ["string", "null"]}
    opinion = {
        "type": "object",
        "properties": {
            "aspect": quote,
            "expression": quote,
            "category": {"type": "string", "enum": list(categories)},
            "polarity": {"type": "string", "enum": list(POLARITIES)},
        },
        "required": ["aspect", "expression", "category", "polarity"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {
            "opinions": {"type": "array", "items": opinion, "maxItems": MOST_OPINIONS},
            "sentiment": {"type": "string", "enum": list(POLARITIES)},
        },
        "required": ["opinions", "sentiment"],
        "additionalProperties": False,
    }
