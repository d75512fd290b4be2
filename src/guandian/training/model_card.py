"""The card of a bundle: what it is, what it learned from, what is known of it."""

from __future__ import annotations

from pathlib import Path

from guandian.data.corpora import corpus
from guandian.recipes.recipe import Recipe
from guandian.training.data.dataset import Corpora

_E5 = (
    "the encoder of intfloat/multilingual-e5-small (MIT License, Copyright (c) Microsoft "
    "Corporation), its vocabulary cut to Chinese and English"
)
_BASES = {
    "guandian-small": f"guandian-small, itself from {_E5}",
    "guandian-small-opinions": f"guandian-small-opinions, itself from {_E5}",
    "multilingual-e5-small-zh-en": _E5,
}

_MIT = """MIT License

Copyright (c) Microsoft Corporation.

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def notices(base: str) -> dict[str, bytes]:
    """The licence files that a bundle from this base must carry, by name."""
    return {"LICENSE-base": _MIT.encode()} if Path(base).name in _BASES else {}


_LEARNED, _AFTER = "## What it learned from\n", "\nNo text of the sets is in the bundle."


def card(
    recipe: Recipe, gathered: Corpora, base: str, base_card: str = "", *, fitted: bool = True
) -> str:
    """The card as Markdown: base, sets with their licences, how texts of dev parts were dropped.

    Args:
        recipe: of the training.
        gathered: what it learned from.
        base: the name of what it started from; folders are nobody's business.
        base_card: that one's own card, for what was learned before.
        fitted: whether the confidence was fitted on the texts held out.
    """
    lines = [
        f"# {recipe.name} {recipe.release}",
        "",
        "Mines opinions (aspect, expression, category, polarity), review sentiment and entities",
        "from Chinese and English product reviews.",
        "",
        f"Base: {_BASES.get(base, base)}"
        + (f"; its lowest {recipe.base.layers} layers." if recipe.base.layers else "."),
        "",
        _LEARNED,
        "| set | texts | left out: stands in a dev part | source | licence |",
        "|---|---|---|---|---|",
    ]
    counts: dict[str, int] = {}
    for record, _ in gathered.train:
        counts[record.dataset] = counts.get(record.dataset, 0) + 1
    for name, count in counts.items():
        source = corpus(name)
        lines.append(
            f"| {Path(name).name} | {count} | {gathered.dropped.get(name, 0)} | {source.source} "
            f"| {source.licence}{' (restricted)' if source.restricted else ''} |"
        )
    if _LEARNED in base_card:
        before = base_card.partition(_LEARNED)[2].partition(_AFTER)[0].strip("\n")
        lines += ["", f"Before, as {base}:", "", before]
    lines += [
        f"{_AFTER} `exclude_restricted = true` in the recipe rebuilds it",
        "without those of these sets that restrict use; a base that is a bundle must be rebuilt so",
        "first.",
        "",
        f"{len(gathered.holdout)} texts were kept from training to fit the confidence on.",
    ]
    if not fitted:
        lines += [
            "",
            "They were too few: the confidence is the one that training began with, not fitted on",
            "these sets and categories, and may be wrong of them.",
            "可信度沿用训练前的，未按上述数据和类别拟合，可能不准。",
        ]
    return "\n".join(lines) + "\n"
