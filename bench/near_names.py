"""What a name a few edits away costs among many: by the index, and by a look at each.

python bench/near_names.py            # 50,000 made names of each kind, seed 1
"""

from __future__ import annotations

import random
from collections import defaultdict
from time import process_time

from guandian.knowledge.linking.name_forms import edits, most_edits
from guandian.knowledge.linking.near_names import NearNames

MANY, ASKED, EACH = 50_000, 200, 5
HAN = [chr(0x4E00 + number) for number in range(2000)]
LATIN = "etaoinshrdlucmfw"


def made(kind: str, draw: random.Random) -> str:
    """A name of a kind."""
    if kind == "Han":
        return "".join(draw.choices(HAN, k=draw.randint(4, 12)))
    if kind == "Latin":
        return "".join(draw.choices(LATIN, k=draw.randint(8, 20)))
    return "".join(draw.choices(LATIN, k=draw.randint(4, 9))) + str(draw.randint(1, 999))


def looked_at_each(names: list[str], asked: list[str]) -> list[dict[str, int]]:
    """The names near each, by comparing it with all of about its length."""
    by_length = defaultdict(list)
    for name in names:
        by_length[len(name)].append(name)
    answers = []
    for key in asked:
        most = most_edits(key)
        lengths = range(len(key) - most, len(key) + most + 1)
        others = (other for length in lengths for other in by_length[length])
        answers.append({name: far for name in others if (far := edits(key, name, most))})
    return answers


def main() -> None:
    """Print a line for each kind of names; processor time."""
    draw = random.Random(1)
    for kind in ("Han", "Latin", "Latin and digits"):
        found: set[str] = set()
        while len(found) < MANY:
            found.add(made(kind, draw))
        names = sorted(found)
        begun = process_time()
        known = NearNames(names)
        built = process_time() - begun
        asked = [name[:2] + "q" + name[3:] for name in draw.sample(names, ASKED)]
        begun = process_time()
        near = [dict(known.of(name)) for name in asked]
        indexed = (process_time() - begun) / ASKED
        begun = process_time()
        same = looked_at_each(names, asked[:EACH]) == near[:EACH]
        each = (process_time() - begun) / EACH
        print(
            f"{kind}: built in {built:.2f} s; a name {indexed * 1e3:.2f} ms, "
            f"by a look at each {each * 1e3:.0f} ms; {'the same' if same else 'OTHERS'} found"
        )


if __name__ == "__main__":
    main()
