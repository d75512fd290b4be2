"""Names from labelled texts beside a model: entity F1 with them, and with the same trees without.

    python bench/gazetteer.py --root FOLDER [--model guandian-small] [--corpus hp-hc]
        [--seeds 1,2,3] [--own-text-out]

The gazetteer is learned from the part `train` alone, and the part `dev` is scored: by the model, by
trees that see the model's scores alone (the control), and by trees that see counts of names too.
A seed draws folds and trees; the intervals are of a paired bootstrap over reviews (seed 0, 1,000
draws). `--own-text-out` counts names in all texts but the one at hand, not of other folds: the
way that fails. Prints Markdown rows for docs/experiments.md.
"""

from __future__ import annotations

import argparse
from collections import ChainMap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import process_time

import numpy as np

from guandian.bundle import open_folder
from guandian.data.corpora import load
from guandian.data.leaks import text_key
from guandian.domain import Labelled
from guandian.evaluation.intervals.bootstrap import paired_difference
from guandian.pipelines.knowledge import gazetteer_learning as learning
from guandian.pipelines.miners import miner_of
from guandian.tasks.gazetteer.gazetteer import Gazetteer
from guandian.tasks.gazetteer.phrase_counts import PhraseCounts, lookup_form
from guandian.tasks.gazetteer.span_rows import SpanRows, span_rows


def main() -> None:
    """Print a row a seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--model", type=Path, default=Path("guandian-small"))
    parser.add_argument("--corpus", default="hp-hc")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--own-text-out", action="store_true")
    asked = parser.parse_args()
    miner = miner_of(open_folder(asked.model), 1)
    reader = replace(miner.reader, gazetteer=None)
    train, dev = (load(asked.corpus, asked.root, part) for part in ("train", "dev"))
    dev_keys = {text_key(record.text) for record in dev}
    train = [record for record in train if text_key(record.text) not in dev_keys]
    if asked.own_text_out:
        learning.PARTITIONS, learning._crossed = 1, own_text_out
    plain = counts(miner, reader, dev, None)
    print("| seed | model | control | gazetteer | over the control | over the model | CPU s |")
    print("|---|---|---|---|---|---|---|")
    for seed in map(int, asked.seeds.split(",")):
        started = process_time()
        tables = []
        crossed = learning.cross_texts(reader, train, seed)
        for heeded in (False, True):
            learned = learning.grow_gazetteer(crossed, seed, heeded=heeded)
            tables.append(counts(miner, reader, dev, learned.gazetteer))
        control, names = tables
        cells = [f"{100 * f1(table):.1f}" for table in (plain, control, names)]
        for other in (control, plain):
            gain = paired_difference(names, other)
            low, high = (100 * end for end in (gain.difference.low, gain.difference.high))
            cells.append(f"{100 * gain.difference.value:+.1f} ({low:+.1f} to {high:+.1f})")
        print(f"| {seed} | {' | '.join(cells)} | {process_time() - started:.0f} |", flush=True)


def counts(miner, reader, dev: Sequence[Labelled], gazetteer: Gazetteer | None):
    """Right, told and gold entities of each review, [n, 3]."""
    from guandian.mining.miner import Miner

    asked = Miner(replace(reader, gazetteer=gazetteer), miner.labels, "bench", "bench")
    rows = []
    for record, mined in zip(dev, asked.predict([row.text for row in dev]), strict=True):
        gold = {(e.type, e.span) for e in record.entities or ()}
        told = {(e.type, e.span) for e in mined.entities if e.type in record.entity_types}
        rows.append((len(gold & told), len(told), len(gold)))
    return np.array(rows, np.int64)


def f1(table) -> float:
    """Micro F1 of such counts."""
    right, told, gold = table.sum(0)
    return float(2 * right / (told + gold))


def own_text_out(read, records, types, seed) -> tuple[list[SpanRows], list[int]]:
    """In place of other folds: counts of all texts, less those of the text itself."""
    folds = learning._folds([record.text for record in records], seed)
    whole = PhraseCounts.of(records, types)
    same: dict[str, list[Labelled]] = {}
    for record in records:
        same.setdefault(text_key(record.text), []).append(record)
    rows, numbers = [], []
    for window in read:
        key = text_key(window.piece.text)
        own = PhraseCounts.of(same[key], types)
        phrases = {}
        for match in whole.matches(lookup_form(window.piece.text)):
            name = lookup_form(window.piece.text)[match.start : match.end]
            left = whole.phrases[name] - own_counts(own, name, window.piece.text, len(types))
            phrases[name] = left if left[: len(types)].any() else np.zeros_like(left)
        less = replace(whole, phrases=ChainMap(phrases, whole.phrases))
        rows.append(span_rows(window.grids, window.piece, less))
        numbers.append(folds[key])
    return rows, numbers


def own_counts(own: PhraseCounts, name: str, text: str, types: int) -> np.ndarray:
    """What a text itself adds to the counts of a phrase, which it may hold without naming it."""
    if name in own.phrases:
        return own.phrases[name]
    counted = np.zeros(types + 2)
    counted[types] = lookup_form(text).count(name)
    return counted


if __name__ == "__main__":
    main()
