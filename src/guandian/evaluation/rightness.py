"""When an opinion counts as right, from all of it to its words and polarity."""

from __future__ import annotations

from typing import Literal, get_args

Meaning = Literal["whole", "triplet", "polarity"]
"""When an opinion counts as right: `whole`, all of it stands in the labels; `triplet`, all but its
category; `polarity`, its words meet those of a label of its polarity."""
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
