"""Sets from which confidence a bundle reports an opinion and takes a side, on labelled dev parts.

    python bench/threshold.py --root FOLDER --bundle FOLDER

A training sets it where exact triplets of the few texts held out have the best F1, all in one sum,
and that maximum is flat. Here it is the highest where their F1, as a mean over the four own sets,
each counting the same, is within 0.2 points of the best: equally good, and more often right. The
probability that a review's side must reach is that of the best mean of the macro F1 of the three
sentiments, likewise. What is then measured on the same parts is that little too good.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from guandian.bundle import Bundle, amend_bundle
from guandian.data.corpora import load
from guandian.domain import Labelled
from guandian.evaluation import Options, evaluate
from guandian.mining.miner import Miner
from guandian.pipelines import open_miner

SETS = ("guandian-wide", "guandian-written", "guandian-hard", "guandian-contrast")
FLAT = 0.002
TRIED = [step / 100 for step in range(20, 40, 2)]
BANDS = [step / 20 for step in range(7, 15)]


def main() -> None:
    """Print what was tried (exact, found / right) and write the best into the manifest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, required=True)
    asked = parser.parse_args()
    miner = open_miner(asked.bundle)
    parts = {name: load(name, asked.root, "dev") for name in SETS}
    print("| threshold | " + " | ".join(SETS) + " | mean |\n|---|" + "---|" * (len(SETS) + 1))
    means = {threshold: _score(miner, parts, threshold) for threshold in TRIED}
    best = max(t for t, mean in means.items() if mean >= max(means.values()) - FLAT)
    sides = {band: _sides(miner, parts, band) for band in BANDS}
    band = max(sides, key=lambda tried: sides[tried])
    bundle = Bundle.open(asked.bundle)
    calibration = {**bundle.manifest.calibration}
    calibration["opinions"] = {**calibration["opinions"], "threshold": best}
    calibration["sentiment"] = {**calibration["sentiment"], "band": band}
    amend_bundle(bundle, calibration=calibration)
    print(f"\n{asked.bundle}: from confidence {best:.2f}; sides from {band:.2f}, by means", end=" ")
    print(", ".join(f"{tried:.2f}: {mean:.4f}" for tried, mean in sides.items()))


def _score(miner: Miner, parts: dict[str, list[Labelled]], threshold: float) -> float:
    confidence = replace(miner.labels.confidence, threshold=threshold)
    keen = Miner(miner.reader, replace(miner.labels, confidence=confidence), miner.model, "keen")
    cells, sums = [], []
    for name, rows in parts.items():
        opinions = evaluate(keen, rows, Options(miner.model, name, "span")).opinions
        assert opinions is not None
        exact, loose = opinions.scores.triplet.f1, opinions.overlap
        cells.append(f"{exact:.3f}, {loose.recall:.3f} / {loose.precision:.3f}")
        sums.append(exact)
    mean = sum(sums) / len(sums)
    print(f"| {threshold:.2f} | " + " | ".join(cells) + f" | {mean:.4f} |", flush=True)
    return mean


def _sides(miner: Miner, parts: dict[str, list[Labelled]], band: float) -> float:
    asked = Miner(miner.reader, replace(miner.labels, band=band), miner.model, "sides")
    scores = []
    for name, rows in parts.items():
        sentiment = evaluate(asked, rows, Options(miner.model, name, "span")).sentiment
        assert sentiment is not None
        scores.append(sentiment.scores.macro_f1)
    return sum(scores) / len(scores)


if __name__ == "__main__":
    main()
