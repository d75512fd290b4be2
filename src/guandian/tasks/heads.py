"""What a model is asked for: the label spaces of its heads, fixed when it is built."""

from __future__ import annotations

from dataclasses import dataclass

from guandian.domain import Polarity

ASPECT, EXPRESSION = "aspect", "expression"
ENTITY_TYPES = ("product", "brand", "model")
SPAN_TYPES = (ASPECT, EXPRESSION, *ENTITY_TYPES)
POLARITIES = (Polarity.NEGATIVE, Polarity.NEUTRAL, Polarity.POSITIVE)
NOWHERE = 0
"""Token index of [CLS]: where an absent aspect or expression is read."""


@dataclass(frozen=True, slots=True)
class HeadSpec:
    """The label spaces of one model.

    With B reviews of N tokens ([CLS] first, [SEP] last), C categories and T span types, a model
    answers with these arrays, all logits:

    - `spans` [B, T, N, N]: a span of type t from token i to token j (inclusive)
    - `pairs` [B, 2, N, N]: aspect token i belongs to expression token j, for first tokens
      and for last tokens; row 0 is the absent aspect, column 0 the absent expression
    - `category` [B, N, 2, C], `polarity` [B, N, 2, 3]: read at the aspect (0) and at the
      expression (1), averaged over their tokens and added
    - `implicit` [B, N]: a token of a clause that judges with neither aspect nor expression
    - `sentiment` [B, 3]: of the whole text

    Attributes:
        categories: keys of the taxonomy, in the order of the category logits.
        span_types: in the order of the span logits.
    """

    categories: tuple[str, ...]
    span_types: tuple[str, ...] = SPAN_TYPES


OUTPUTS = ("spans", "pairs", "category", "polarity", "implicit", "sentiment")
