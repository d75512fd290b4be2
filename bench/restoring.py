"""What writing disguised words back costs clean reviews, and saves in disguised ones.

    python bench/restoring.py --root FOLDER [--most 400]

Dev parts as they are, and with 15 % of the characters written otherwise (homophones, look-alikes,
split characters, pinyin: a quarter of the reviews each), read by the shipped model without and with
the cleaning of `guandian mine --restore`. Exact F1 of opinions in the default taxonomy, with the
95 % interval of the change over reviews; reviews whose sentiment is right.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from guandian.audits.stress.disturbances import disturbances, disturbed
from guandian.data.corpora import load
from guandian.data.splits import sample
from guandian.data.taxonomy import to_default
from guandian.domain import Labelled, Mined, Quad
from guandian.export.parity import parity
from guandian.pipelines import open_miner
from guandian.pipelines.miners import cleaned_by
from guandian.text.disguises.restoring import restoring

SETS = ("guandian-wide", "guandian-written", "waimai")
KINDS = ("homophones", "look-alikes", "split", "pinyin")


def main() -> None:
    """Measure, and print a row a set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, required=True, help="the folder of the data sets")
    parser.add_argument("--most", type=int, default=400, help="reviews of a set")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    plain = open_miner(None, 1)
    readers = plain, cleaned_by(plain, restoring(), "restored")
    print("| reviews | n | sentiment right | restored | quads | restored | change (95 %) |")
    print("|---|---|---|---|---|---|---|")
    began = time.process_time()
    for name in SETS:
        rows = [to_default(row) for row in load(name, options.root, "dev")]
        clean = sample(rows, options.most, seed=options.seed)
        for words, texts in (
            (f"{name}, clean", clean),
            (f"{name}, disguised", _disguised(clean, options.seed)),
        ):
            print(
                _row(words, texts, [reader.predict([t.text for t in texts]) for reader in readers])
            )
    print(f"{time.process_time() - began:.0f} s of a processor")


def _disguised(rows: Sequence[Labelled], seed: int) -> list[Labelled]:
    """A copy of each, by one kind of writing after the other; those that offer no place go."""
    changes = disturbances()
    return [
        copy
        for k, kind in enumerate(KINDS)
        for _, copy in disturbed(rows[k :: len(KINDS)], kind, changes[kind], seed)
    ]


def _row(words: str, texts: Sequence[Labelled], answers: Sequence[Sequence[Mined]]) -> str:
    rated = [at for at, text in enumerate(texts) if text.sentiment is not None]
    right = [
        sum(several[at].sentiment.label == texts[at].sentiment for at in rated)
        for several in answers
    ]
    shares = [f"{100 * number / len(rated):.1f} %" if rated else "" for number in right]
    marked = [at for at, text in enumerate(texts) if text.quads is not None]
    opinions = ["", "", ""]
    if marked:
        before, after = ([_quads(several[at]) for at in marked] for several in answers)
        gold = [tuple(texts[at].quads or ()) for at in marked]
        change = parity({words: before}, {words: after}, {words: gold}).rows[0]
        ends = f"{change.change.low:+.3f} to {change.change.high:+.3f}"
        points = f"{change.change.value:+.3f} ({ends})"
        opinions = [f"{change.reference:.3f}", f"{change.exported:.3f}", points]
    return f"| {words} | {len(texts)} | {' | '.join([*shares, *opinions])} |"


def _quads(mined: Mined) -> tuple[Quad, ...]:
    return tuple(Quad(o.aspect, o.expression, o.category, o.polarity) for o in mined.opinions)


if __name__ == "__main__":
    main()
