"""Make and check the test set of personal data, `data/guandian_privacy` or the FOLDER named.

`python scripts/privacy_set.py make [FOLDER]` fills the written texts and clauses of its
folder `source` with synthetic identifiers and writes `positives.jsonl` and `negatives.jsonl`; the
same bytes each time. `python scripts/privacy_set.py check [FOLDER]` reads those two again without
the makers: every span and check digit, doubles, and that no negative holds what it must not.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from synthetic_identifiers import LETTERS, MAKERS, PROVINCES, digits, grouped, luhn_digit

OWN = Path(__file__).resolve().parent.parent / "data" / "guandian_privacy"
FOLDER = Path(sys.argv[2]) if len(sys.argv) > 2 else OWN
POSITIVES, NEGATIVES, SEED = 600, 1000, 20261129
MARK = re.compile(r"\{(\w+)(?:/(\w+))?\}|\[\[(\w+)\|([^\]]+)\]\]")
KINDS = frozenset(MAKERS) - {"address_en", "name_en"}
Words = Mapping[str, Sequence[str]]


def lines(name: str) -> list[str]:
    """The lines of a file of `source` that are no comments."""
    text = (OWN / "source" / name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("//")]


def word_lists() -> dict[str, list[str]]:
    """The word lists: parted by bars, or else by blanks."""
    lists = {}
    for line in lines("words.txt"):
        name, _, rest = line.partition(": ")
        lists[name] = rest.split("|") if "|" in rest else rest.split()
    return lists


def barcode(body: str) -> str:
    """The 12 digits with the thirteenth of EAN-13."""
    total = sum(int(d) * (3 if k % 2 else 1) for k, d in enumerate(body))
    return body + str(-total % 10)


def trace(random: Random) -> str:
    """A long number off a package, with what would be a mobile number inside, and no Luhn digit."""
    number = digits(random, 5) + "13" + digits(random, 13)
    number = number[:-1] + str((int(luhn_digit(number[:-1])) + 5) % 10)
    return random.choice((number, grouped(number, (4, 4, 4, 4, 4), " ")))


def hotline(random: Random, *_: object) -> str:
    return random.choice(
        (f"400-{digits(random, 3)}-{digits(random, 4)}", f"400{digits(random, 7)}",
         f"400 {digits(random, 3)} {digits(random, 4)}",
         f"800-{digits(random, 3)}-{digits(random, 4)}",
         "95" + digits(random, 3), "123" + str(random.randint(0, 99)).zfill(2))
    )  # fmt: skip


def day(random: Random) -> str:
    parts = (random.randint(2019, 2026), random.randint(1, 12), random.randint(1, 28))
    return random.choice(
        ("{}-{:02}-{:02}", "{}.{}.{}", "{}/{:02}/{:02}", "{}年{}月{}日", "{}{:02}{:02}")
    ).format(*parts)


def isbn(random: Random) -> str:
    number = barcode("9787" + digits(random, 8))
    return random.choice((number, f"978-7-{number[4:7]}-{number[7:12]}-{number[12]}"))


def dimension(random: Random) -> str:
    sides = [random.randint(10, 220) for _ in range(3)]
    return random.choice(("{}x{}x{}mm", "{}*{}*{}cm", "{}×{}×{} mm")).format(*sides)


def size(random: Random) -> str:
    return random.choice(
        (
            f"{random.randint(34, 46)}",
            "XL",
            "170/92A",
            "M",
            f"{random.randint(150, 185)}cm{random.randint(42, 90)}kg",
        )
    )


FILLERS: Mapping[str, Callable[[Random], str]] = {
    "trace": trace,
    "hotline": hotline,
    "date": day,
    "isbn": isbn,
    "ean": lambda random: barcode("69" + digits(random, 10)),
    "batch": lambda random: random.choice(
        (f"20{random.randint(22, 26)}{random.randint(101, 1231):04}{random.choice('ABCD')}",
         f"L{digits(random, 7)}", digits(random, 9), f"{digits(random, 4)}-{digits(random, 3)}")
    ),
    "serial": lambda random: random.choice(LETTERS) + f"{digits(random, 2)}K{digits(random, 5)}Q7",
    "version": lambda random: f"V{digits(random, 1)}.{random.randint(0, 12)}.{digits(random, 3)}",
    "dimension": dimension,
    "size": size,
    "body": lambda random: f"{random.randint(150, 185)}cm{random.randint(42, 90)}kg",
    "price": lambda random: random.choice(
        (f"{random.randint(5, 4000)}", f"{random.randint(9, 999)}.{digits(random, 1)}")
    ),
    "train": lambda random: random.choice(("G", "D", "CA")) + digits(random, 4),
    "digits": lambda random: digits(random, random.choice((5, 6, 7))),
    "queue": lambda random: random.choice("ABC") + digits(random, 3),
    "room": lambda random: digits(random, 4),
    "number": lambda random: str(random.randint(2, 60)),
    "year": lambda random: str(random.randint(1988, 2026)),
}  # fmt: skip


def filled(line: str, random: Random, words: Words) -> tuple[str, list[dict[str, Any]]]:
    """A line with its marks filled, and the spans of what is personal."""
    text, end = "", 0
    spans: list[dict[str, Any]] = []
    for mark in MARK.finditer(line):
        text += line[end : mark.start()]
        end = mark.end()
        kind, form, written_kind, written = mark.groups()
        if written_kind:
            kind, value = written_kind, written
        elif kind in MAKERS:
            value = MAKERS[kind](random, form or "", words)
        elif kind in FILLERS:
            value = FILLERS[kind](random)
        else:
            value = random.choice(words[kind])
        kind = kind.removesuffix("_en") if kind in MAKERS else kind
        if kind in KINDS:
            spans.append({"start": len(text), "end": len(text) + len(value), "type": kind})
        text += value
    return text + line[end:], spans


def in_turn(items: Sequence[str], random: Random) -> Iterable[str]:
    """The items again and again, each time in another order."""
    while True:
        yield from random.sample(items, len(items))


def positives(random: Random) -> Iterable[tuple[str, str]]:
    """Lines to fill, each with how it came to be."""
    for line in lines("positives_written.txt"):
        yield line, "written"
    for line in lines("positives_templates_en.txt") * 2:
        yield line, "template"
    openings = iter(in_turn(lines("positives_openings.txt"), random))
    closings = iter(in_turn(lines("positives_closings.txt"), random))
    carried = lines("positives_carriers.txt")
    checked = [line for line in carried if "{id_card" in line or "{bank_card" in line]
    carriers = iter(in_turn(carried + checked[::3], random))
    while True:
        parts = [next(carriers)] if random.random() < 0.68 else [next(carriers), next(carriers)]
        if random.random() < 0.85:
            parts.insert(0, next(openings))
        if random.random() < 0.8:
            parts.append(next(closings))
        yield "".join(parts).removesuffix("，"), "composed"


def negatives(random: Random) -> Iterable[tuple[str, str]]:
    """The like without identifiers."""
    for line in lines("negatives_written.txt"):
        yield line, "written"
    clauses = iter(in_turn(lines("negatives_clauses.txt"), random))
    english = iter(in_turn(lines("negatives_clauses_en.txt"), random))
    while True:
        if random.random() < 0.12:
            yield " ".join(next(english) for _ in range(random.choice((1, 2, 2)))), "composed"
        else:
            parts = "".join(next(clauses) for _ in range(random.choice((1, 2, 2, 3))))
            yield (
                parts.removesuffix("，") + random.choice(("。", "！", "", "~", "。", "…")),
                "composed",
            )


def made(
    source: Iterable[tuple[str, str]], count: int, letter: str, random: Random
) -> list[dict[str, Any]]:
    """So many different rows of the source."""
    words, texts = word_lists(), set[str]()
    rows: list[dict[str, Any]] = []
    for line, how in source:
        text, spans = filled(line, random, words)
        if text in texts:
            continue
        texts.add(text)
        rows.append(
            {"id": f"{letter}{len(rows) + 1:04}", "text": text, "spans": spans, "made": how}
        )
        if len(rows) == count:
            break
    return rows


def make() -> None:
    """Write both files."""
    for name, source, count in (
        ("positives", positives, POSITIVES),
        ("negatives", negatives, NEGATIVES),
    ):
        random = Random(f"{SEED} {name}")
        rows = made(source(random), count, name[0], random)
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (FOLDER / f"{name}.jsonl").write_text(text, "utf-8")


PLAIN = str.maketrans(
    "０１２３４５６７８９＋－零〇一幺二三四五六七八九", "0123456789+-001123456789"
)
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SHAPES = {
    "mobile": r"(?:\(?(?:\+|00)?86\)?[ -]?)?1[3-9]\d(?:[ .-]?\d){8}",
    "landline": r"(?:\+86-[1-9]\d{1,2}-|[(（]0\d{2,3}[)）]|0\d{2,3}[ -]?)[2-8]\d{6,7}"
    r"(?:(?:-| ?转 ?|转分机)\d{3})?",
    "id_card": r"\d{15}|\d{6}[ -]?\d{8}[ -]?\d{3}[\dXx]",
    "bank_card": r"\d{16}|\d{19}|(?:\d{4}[ -]){3}\d{4}|(?:\d{4}[ -]){4}\d{3}",
    "passport": r"[EG]\d{8}|E[A-Z]\d{7}",
    "permit": r"[CLHM]\d{8}|[HM]\d{10}|C[A-Z]\d{7}|\d{8}",
    "plate": rf"[{PROVINCES}][{LETTERS}][·•. ]?[{LETTERS}0-9]{{4,5}}[{LETTERS}0-9学挂警]",
    "email": r"[A-Za-z0-9._-]+@[a-z0-9.]+\.[a-z]+",
    "wechat": r"[A-Za-z][A-Za-z0-9_-]{5,19}",
    "qq": r"[1-9]\d{4,10}",
    "order": r"\d{12,19}|\d{6}-\d{15}|\d{3}-\d{7}-\d{7}",
    "parcel": r"[A-Z]{2,3}\d{9,13}(?:CN)?|JD\w{2}\d{11}|\d{13,15}",
    "address": r"[^，。！？；、：\n]*\d[^。！？；：\n]*|[^，。！？；、：\n]*\d[^，。！？；、：\n]*",
    "name": r"[\u4e00-\u9fff]{2,4}|[A-Z][a-z]+ [A-Z][A-Za-z-]+",
}  # fmt: skip


def wrong_span(kind: str, value: str) -> str:
    """What is wrong with an identifier, or nothing."""
    plain = value.translate(PLAIN) if kind in {"mobile", "id_card"} else value
    if not re.fullmatch(SHAPES[kind], plain):
        return "has another shape"
    bare = re.sub(r"[ -]", "", plain)
    if kind == "id_card" and len(bare) == 18:
        total = sum(int(d) * w for d, w in zip(bare[:17], WEIGHTS, strict=True))
        if "10X98765432"[total % 11] != bare[-1].upper():
            return "has a wrong check digit"
    if kind == "bank_card":
        pairs = [int(d) * (1 + k % 2) for k, d in enumerate(reversed(bare))]
        if sum(p // 10 + p % 10 for p in pairs) % 10:
            return "has a wrong Luhn digit"
    return ""


FORBIDDEN = {
    "a mobile number": re.compile(r"(?<!\d)(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"),
    "an ID card": re.compile(r"(?<!\d)[1-6]\d{5}(?:19|20)\d{2}[01]\d[0-3]\d{4}[\dXx](?!\w)"),
    "an e-mail address": re.compile(r"[\w.-]+@[\w-]+\.[a-z]{2,}"),
    "a plate": re.compile(rf"[{PROVINCES}][A-Z][·• ]?[A-Z0-9]{{5,6}}(?![A-Z0-9])"),
    "a landline": re.compile(r"(?<!\d)0\d{2,3}[- ]?[2-8]\d{6,7}(?!\d)"),
}


def faults(name: str) -> list[str]:
    """What is wrong with a file, a line each."""
    rows = [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()]
    wanted = POSITIVES if name == "positives" else NEGATIVES
    found = [] if len(rows) == wanted else [f"{name}: {len(rows)} rows, not {wanted}"]
    doubles = Counter(row["text"] for row in rows) + Counter(row["id"] for row in rows)
    found += [f"{name}: twice: {words}" for words, count in doubles.items() if count > 1]
    values = Counter(
        row["text"][s["start"] : s["end"]]
        for row in rows
        for s in row["spans"]
        if s["type"] not in {"name", "address"}
    )
    found += [f"{name}: in two reviews: {value}" for value, count in values.items() if count > 1]
    for row in rows:
        text, end = row["text"], 0
        if bool(row["spans"]) != (name == "positives") or re.search(r"[{}\[\]]", text):
            found.append(f"{row['id']}: no spans, or marks left: {text}")
        for span in row["spans"]:
            value = text[span["start"] : span["end"]]
            if not end <= span["start"] < span["end"] <= len(text) or value != value.strip():
                found.append(f"{row['id']}: spans out of order or of blanks: {value}")
            elif problem := wrong_span(span["type"], value):
                found.append(f"{row['id']}: {span['type']} {value} {problem}")
            end = span["end"]
        if name == "negatives":
            found += [
                f"{row['id']}: holds {what}: {text}"
                for what, shape in FORBIDDEN.items()
                if shape.search(text)
            ]
            runs = (
                re.sub(r"[ -]", "", run)
                for run in re.findall(r"(?<!\d)\d(?:[ -]?\d){14,18}(?![ -]?\d)", text)
            )
            found += [
                f"{row['id']}: Luhn holds of {run}"
                for run in runs
                if run.startswith("62") and luhn_digit(run[:-1]) == run[-1]
            ]
    return found


def check() -> int:
    """Print what is wrong, or the counts; 1 when something is wrong."""
    found = faults("positives") + faults("negatives")
    print("\n".join(found[:50]))
    counts: Counter[str] = Counter()
    made_by: Counter[str] = Counter()
    for name in ("positives", "negatives"):
        for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            counts.update(span["type"] for span in row["spans"])
            made_by[f"{name} {row['made']}"] += 1
    print(f"{len(found)} faults", dict(counts), sum(counts.values()), dict(made_by), sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["make"]:
        make()
    sys.exit(check())
