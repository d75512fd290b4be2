"""How many reviews a cheap tier before the model could settle at most, and what share of its work.

    python bench/settled_early.py OPINIONS.jsonl [--by cat] [--short 20] [--support 3] [--seed 1]

OPINIONS.jsonl is what `guandian mine` wrote: the model's own answers stand for the truth, so the
shares are upper bounds, reached by a tier that never errs. It may say "no opinion, neutral", or
repeat a short praise or complaint that it has seen. Half of the reviews, drawn by seed, is what was
seen before; the other half is told. Prints Markdown rows for docs/experiments.md.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from guandian.domain import Mined, Polarity, Review
from guandian.files import read_mined
from guandian.text.cleaning import clean
from guandian.text.sentences import clauses

Entry = tuple[Review, Mined]
Test = Callable[[Entry], bool]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("mined", type=Path)
    parser.add_argument("--by", default="", help="a passed-through column: rows of its values too")
    parser.add_argument("--short", type=int, default=20, help="characters of a short review")
    parser.add_argument("--support", type=int, default=3, help="times that a clause was seen")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    entries = list(read_mined(asked.mined))
    random.Random(asked.seed).shuffle(entries)
    half = len(entries) // 2
    seen, told = entries[:half], entries[half:]
    texts = {review.text for review, _ in seen}
    cleaned = {clean(text)[0] for text in texts}
    said = Counter(clause for review, _ in seen for clause in parts(review))
    known = {clause for clause, number in said.items() if number >= asked.support}
    tests: dict[str, Test] = {
        "seen": lambda entry: entry[0].text in texts,
        "seen, cleaned": lambda entry: clean(entry[0].text)[0] in cleaned,
        "no opinion, neutral": silent,
        f"one opinion, {asked.short} characters": lambda entry: (
            len(entry[1].opinions) == 1 and len(entry[0].text) <= asked.short
        ),
        f"every clause seen {asked.support} times": lambda entry: known.issuperset(parts(entry[0])),
    }
    groups: dict[str, list[Entry]] = defaultdict(list, all=told)
    if asked.by:
        for entry in told:
            groups[entry[0].extra.get(asked.by, "")].append(entry)
    print(f"| group | reviews | {' | '.join(tests)} | any of them | their characters |")
    print("|---" * (len(tests) + 4) + "|")
    for name, group in groups.items():
        row(name, group, list(tests.values()))


def row(name: str, group: Sequence[Entry], tests: Sequence[Test]) -> None:
    """Print the shares of a group that each test settles, and that any does."""
    settled = [[test(entry) for test in tests] for entry in group]
    columns = [sum(column) / len(group) for column in zip(*settled, strict=True)]
    lengths = [len(review.text) for review, _ in group]
    spared = sum(n for n, some in zip(lengths, settled, strict=True) if any(some)) / sum(lengths)
    shares = [*columns, sum(map(any, settled)) / len(group), spared]
    print(f"| {name} | {len(group):,} | {' | '.join(f'{share:.1%}' for share in shares)} |")


def parts(review: Review) -> list[str]:
    """The clauses of a review as it is read."""
    text = clean(review.text)[0]
    return [span.of(text) for span in clauses(text)]


def silent(entry: Entry) -> bool:
    """Tell whether the model found nothing and called the review neutral."""
    mined = entry[1]
    return not mined.opinions and mined.sentiment.label is Polarity.NEUTRAL


if __name__ == "__main__":
    main()
