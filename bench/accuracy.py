"""The accuracy table of a bundle on every dev part, and what rough and long reviews cost.

    python bench/accuracy.py --root FOLDER [--bundle FOLDER] [--sets make-up,laptop] [--most 500]

Prints Markdown rows for docs/experiments.md. Categories are compared in the default taxonomy where
the bundle has it. Texts are scored as they stand in the files; offsets must be equal.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from guandian.data.corpora import corpora, load
from guandian.data.splits import sample
from guandian.data.taxonomy import all_to_default, taxonomy, to_default
from guandian.domain import Labelled, Span
from guandian.evaluation import Options, evaluate, score_quads
from guandian.evaluation.metrics.overlap import found_at
from guandian.evaluation.results import Evaluation
from guandian.mining.miner import Miner
from guandian.pipelines import open_miner
from guandian.text.perturbations import roughen

LONG = 3000


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--sets", default="")
    parser.add_argument("--most", type=int, default=10**9)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    miner = open_miner(asked.bundle)
    mapped = miner.labels.spec.categories == tuple(taxonomy())
    names = (
        asked.sets.split(",")
        if asked.sets
        else [name for name, known in corpora().items() if "dev" in known.parts]
    )
    print(f"{miner.model}, seed {asked.seed}\n")
    print(
        "| set | reviews | quad F1 | triplet F1 | found / right | sentiment | entities "
        "| calibration | reviews/s |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name in names:
        examples = sample(load(name, asked.root, "dev"), asked.most, seed=asked.seed)
        if mapped:
            examples = all_to_default(examples)
        mode = "text" if corpora()[name].format == "zhijiang" else "span"
        start = time.perf_counter()
        result = evaluate(miner, examples, Options(miner.model, name, mode, asked.seed))
        print(row(name, result, len(examples) / (time.perf_counter() - start)), flush=True)
        if name == "guandian-wide":
            for tongue, some in by_script(examples).items():
                part = evaluate(miner, some, Options(miner.model, name, mode, asked.seed))
                print(row(f"{name}, {tongue}", part, math.nan), flush=True)
    for name in ("guandian-wide", "guandian-written", "guandian-hard", "guandian-contrast"):
        if name in names:
            sure(miner, load(name, asked.root, "dev"), name)
    for name in ("make-up", "laptop"):
        if name in names:
            rough(miner, [to_default(e) if mapped else e for e in load(name, asked.root, "dev")])
            long(miner, load(name, asked.root, "dev"), name)


def by_script(examples: Sequence[Labelled]) -> dict[str, list[Labelled]]:
    """The reviews with Han characters, and those without."""
    found: dict[str, list[Labelled]] = {"zh": [], "en": []}
    for example in examples:
        han = any("\u4e00" <= character <= "\u9fff" for character in example.text)
        found["zh" if han else "en"].append(example)
    return found


def row(name: str, result: Evaluation, rate: float) -> str:
    """One set as a row of the table."""
    cells = [name, str(result.reviews)]
    opinions, sentiment, entities = result.opinions, result.sentiment, result.entities
    for measure in ("quad", "triplet"):
        shown = ""
        if opinions and not (measure == "quad" and not opinions.scores.by_category):
            score, around = getattr(opinions.scores, measure), opinions.intervals[measure]
            shown = f"{score.f1:.3f} ({around.low:.3f}-{around.high:.3f})"
        cells.append(shown)
    both = opinions.overlap if opinions else None
    cells.append(f"{both.recall:.3f} / {both.precision:.3f}" if both else "")
    kinds = sentiment and not sentiment.binary
    cells.append(f"{sentiment.scores.accuracy:.3f}" if sentiment else "")
    cells[-1] += f", macro F1 {sentiment.scores.macro_f1:.3f}" if sentiment and kinds else ""
    cells.append(f"{entities.scores.micro.f1:.3f}" if entities else "")
    calibration = opinions.calibration if opinions else None
    cells.append(f"{calibration.error:.3f} (floor {calibration.floor:.3f})" if calibration else "")
    return "| " + " | ".join([*cells, f"{rate:.0f}"]) + " |"


def sure(miner: Miner, examples: Sequence[Labelled], name: str) -> None:
    """What is found when only so sure opinions are kept that nine, or 19, of ten, of 20 are right.

    Candidates below the bundle's threshold are asked for too.
    """
    keen = replace(miner.labels.confidence, threshold=0.02)
    asked = Miner(miner.reader, replace(miner.labels, confidence=keen), miner.model, "keen")
    mined = asked.predict([example.text for example in examples])
    said = [[(opinion, opinion.confidence) for opinion in each.opinions] for each in mined]
    gold = [example.quads or () for example in examples]
    for precision in (0.9, 0.95):
        least, found = found_at(gold, said, precision)
        print(f"{name}: {precision:.0%} right from confidence {least:.2f}, found {found:.3f}")


def rough(miner: Miner, examples: Sequence[Labelled]) -> None:
    """What HTML, full width, traditional characters, emoji and repeats cost."""
    miner, both = miner.by(examples[0].custom), []
    for texts in (examples, [roughen(example, 1) for example in examples]):
        found = miner.predict([example.text for example in texts])
        gold = [example.quads or () for example in texts]
        both.append(score_quads(gold, [mined.opinions for mined in found]).quad.f1)
    print(f"\nrough: quad F1 {both[0]:.4f} clean, {both[1]:.4f} rough, {both[1] - both[0]:+.4f}")


def long(miner: Miner, examples: Sequence[Labelled], name: str) -> None:
    """What share of the tuples stays when reviews are joined to about 3,000 characters."""
    texts: list[str] = []
    for example in examples:
        if len(texts) >= 40 and sum(map(len, texts)) >= LONG:
            break
        texts.append(example.text.strip())
    miner = miner.by(examples[0].custom)
    alone = miner.predict(texts)
    joined = "\n".join(texts)
    found = {
        (o.aspect, o.expression, o.category, o.polarity)
        for o in miner.predict([joined])[0].opinions
    }
    kept = total = tail = tail_kept = offset = 0
    for text, mined in zip(texts, alone, strict=True):
        for o in mined.opinions:
            hit = (moved(o.aspect, offset), moved(o.expression, offset), o.category, o.polarity)
            total += 1
            kept += hit in found
            if offset > len(joined) - 300:
                tail += 1
                tail_kept += hit in found
        offset += len(text) + 1
    print(
        f"long: {len(joined)} characters of {name}: {kept} of {total} tuples kept "
        f"({kept / max(total, 1):.3f}), {tail_kept} of {tail} in the last 300 characters"
    )


def moved(span: Span | None, offset: int) -> Span | None:
    """A span further to the right."""
    return None if span is None else Span(span.start + offset, span.end + offset)


if __name__ == "__main__":
    main()
