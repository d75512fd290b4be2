"""Join stand-off annotations with the public texts that they are of.

`python scripts/standoff.py FOLDER` reads `data/guandian_real/annotations-*.jsonl`, looks each text
up in the set that it came from under FOLDER (as `--root` takes it), and writes
`FOLDER/guandian_real/train-*.jsonl`. Those texts belong to others and are not in this repository;
the annotations are the project's own.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from guandian.data import load
from guandian.data.corpora import data_folder

ANNOTATIONS = Path(__file__).resolve().parent.parent / "data/guandian_real"


def join(rows: list[dict[str, Any]], root: Path) -> tuple[list[dict[str, Any]], int]:
    """The annotated reviews in guandian's own format, and how many texts were not found."""
    wanted = defaultdict(set)
    for row in rows:
        wanted[row["corpus"], row["part"]].add(row["sha256"])
    texts = {}
    for (name, part), sums in wanted.items():
        for record in load(name, root, part):
            key = hashlib.sha256(record.text.encode()).hexdigest()
            if key in sums:
                texts[key] = record.text
    found = []
    for row in rows:
        if row["sha256"] in texts:
            kept = {key: row[key] for key in ("id", "group", "quads", "sentiment")}
            found.append({"text": texts[row["sha256"]], **kept})
    return found, len(rows) - len(found)


def main(root: Path) -> None:
    """Write the joined set and say how much of it there is."""
    for source in sorted(ANNOTATIONS.glob("annotations-*.jsonl")):
        rows = [json.loads(line) for line in source.read_text("utf-8").splitlines()]
        found, lost = join(rows, root)
        name = source.name.replace("annotations", "train")
        path = data_folder(root) / "guandian_real" / name
        path.parent.mkdir(exist_ok=True)
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in found)
        path.write_text("".join(lines), "utf-8")
        print(f"{path}: {len(found):,} reviews; {lost:,} texts are not under {root}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
