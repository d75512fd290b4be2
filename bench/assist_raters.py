"""How far raters of helpdesk dialogues agree: some of them predict what the others say."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from guandian.assist.satisfaction.dialogues import read_dialogues
from guandian.evaluation.metrics.rater_shares import (
    match_distance,
    ordered_divergence,
    ranked_above,
)


def main() -> None:
    """Print distances and areas of one half of the raters as a prediction of the other half."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--dialogues", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    dialogues = read_dialogues(given.dialogues)
    levels = np.array([dialogue.ratings["satisfaction"] for dialogue in dialogues])
    rows = []
    for seed in range(given.seeds):
        order = np.random.default_rng(seed).permutation(levels.shape[1])
        half = levels.shape[1] // 2
        left, right = levels[:, order[:half]], levels[:, order[half:]]
        shares = [
            np.stack([(part == level).mean(1) for level in range(-2, 3)], axis=1)
            for part in (left, right)
        ]
        truth = right.mean(1)
        rows.append(
            (
                match_distance(*shares).mean(),
                ordered_divergence(*shares).mean(),
                ranked_above(-left.mean(1), truth < 0),
                ranked_above(-left.mean(1), truth <= -0.5),
            )
        )
    nmd, rsnod, below, unhappy = np.mean(rows, axis=0)
    print(f"{half} raters for the others: NMD {nmd:.4f}, RSNOD {rsnod:.4f},", end=" ")
    print(f"AUROC below nought {below:.3f}, -0.5 or less {unhappy:.3f}")


if __name__ == "__main__":
    main()
