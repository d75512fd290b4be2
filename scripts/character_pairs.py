"""Counts which characters follow which in the public reviews that models learn from.

    python scripts/character_pairs.py --root FOLDER

Writes `src/guandian/assets/spelling/pairs.safetensors`, by which `text/disguises` tells a word
written otherwise from one that is meant. Only numbers are kept, and only of pairs that stand in
several reviews. Parts that are scored on are not read.
"""

from __future__ import annotations

import argparse
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from guandian.assets import assets
from guandian.data.corpora import load
from guandian.text.cleaning import clean
from guandian.text.disguises.character_model import BORDER, LEAST, MOST_CHARACTERS, OTHER, symbols

OWN = ("guandian-written", "guandian-hard", "guandian-contrast")
SETS = ("guandian-wide", "make-up", "laptop", "food-zh", "online-shopping", "waimai")
HERE = Path(__file__).parent.parent


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    root = parser.parse_args().root
    texts = dict.fromkeys(
        clean(row.text)[0]
        for names, folder in ((OWN, HERE), (SETS, root))
        for name in names
        for row in load(name, folder, "train")
    )
    singles: Counter[str] = Counter()
    for text in texts:
        singles.update(symbol for symbol, _, _ in symbols(text))
    common = [symbol for symbol, _ in singles.most_common(MOST_CHARACTERS) if len(symbol) == 1]
    known = {OTHER, BORDER, *common}
    pairs: Counter[tuple[str, str]] = Counter()
    for text in texts:
        read = [symbol if symbol in known else OTHER for symbol, _, _ in symbols(text)]
        pairs.update(pairwise([BORDER, *read, BORDER]))
    names = [OTHER, BORDER, *(name for name in common if name not in (OTHER, BORDER))]
    number = {name: index for index, name in enumerate(names)}
    kept = sorted(
        (number[first], number[second], count)
        for (first, second), count in pairs.items()
        if count >= LEAST
    )
    table = np.array(kept, np.int64)
    target = assets() / "spelling" / "pairs.safetensors"
    target.parent.mkdir(exist_ok=True)
    save_file(
        {
            "characters": np.array([ord(name) for name in names], np.int32),
            "counts": np.array([max(1, singles[name]) for name in names], np.int32),
            "first": table[:, 0].astype(np.int16),
            "second": table[:, 1].astype(np.int16),
            "together": np.minimum(table[:, 2], 65535).astype(np.uint16),
        },
        target,
    )
    print(f"{len(texts)} texts, {len(names)} characters, {len(table)} pairs -> {target}")


if __name__ == "__main__":
    main()
