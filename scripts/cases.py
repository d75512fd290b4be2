"""Run every case of a folder of small inputs: `python scripts/cases.py FOLDER [CASE ...]`.

A case is a folder with `command.txt`, its inputs, and `expected.txt`, which says in words what is
right. The command runs in a copy of the case, with this environment's `guandian` first on the
path. What words say is judged by patterns: below for the known cases, else by `check.txt` of the
case, whose lines are `+ PATTERN` (must be found in the output) and `- PATTERN` (must not). A case
without either is shown beside what is expected, as one that a person must read. Exit 1 where a
case failed.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

_SECONDS = 300


class Check(NamedTuple):
    """Patterns that must be found in the output, and those that must not."""

    right: tuple[str, ...]
    never: tuple[str, ...] = ()


_NOT_READ = "left out|holds no labelled review|cat: out.jsonl"
CHECKS = {
    "conll-blank": Check(
        (
            r'"text": "屏幕很好 ?电池差"',
            '"type": "ASP".*"type": "OPI".*"type": "ASP".*"type": "OPI"',
            r'"span": \[(6, 7|7, 8)\], "type": "OPI"',
        ),
        (_NOT_READ,),
    ),
    "conll-hash": Check(
        (
            r'"text": "太#了，小米不行#。".*"span": \[4, 6\], "type": "brand"',
            '"text": "很好"',
            "^2 ",
        ),
        ('"text": "(太|。|了，小米不行)"',),
    ),
    "conll-of-label-studio": Check(
        ("parts of opinions", "JSON", "exit 2"), ('"type": "(aspect|expression)"',)
    ),
    "csv-title-row": Check(
        ("exit [1-9]|保温效果很好.*\n.*盖子漏水",), ('"text": "(订单号|2001|2002)"',)
    ),
    "doccano-intents": Check(
        (
            r'"text": "快递三天就到了，小米手机很好用".*"span": \[8, 10\], "type": "brand"',
            '"labels": {"[^"]+": "物流"}',
            '"labels": {"[^"]+": "价格"}',
        ),
        (_NOT_READ, "unknown polarity"),
    ),
    "doccano-negatives": Check(('"id": "2", "text": "昨天到的货", "quads": \\[\\]|not annotated',)),
    "json-list-doccano": Check(
        (
            '"客服态度太差", "sentiment": "negative"(.|\n)*"物流很快", "sentiment": "positive"'
            "|exit [1-9]",
        ),
    ),
    "json-min-number": Check(
        ('"id": "101".*"rating": 3[,}]', '"id": "102".*"rating": 1[,}]'), ("'number'",)
    ),
    "json-min-own-names": Check(
        (
            '"stars": 2[,}]',
            r'"topics": \["屏幕", "电池"\]',
            '"mood": "Negative"',
        ),
    ),
    "ls-hypertext": Check((r'"span": \[0, 2\], "type": "product"',), (_NOT_READ,)),
    "ls-region-without-label": Check(
        ("regions without a label: 1", "results of type rating of regions: 1", r'"span": \[6, 8\]')
    ),
    "ls-taxonomy-region": Check(
        (r'"quads": \[\{[^{}]*"category": "DISPLAY[#/]QUALITY"[^{}]*\}\]',),
        ('"category": "(DISPLAY|QUALITY)"',),
    ),
    "mined-to-table-types": Check(
        (r'("entity_types": \["product", "brand", "model"\](.|\n)*){2}',),
    ),
    # Spans point into the raw text, which stays as it is: 屏幕 and 电池 as GBK misreads them.
    "mojibake-euro": Check(("灞忓箷.*positive.*鐢垫睜.*negative",)),
    "polarity-zhengxiang": Check(("(exit 0(.|\n)*){3}",), (_NOT_READ, "choose one in the tool")),
}


def main() -> int:
    """Run the cases and tell of each whether it passed."""
    if len(sys.argv) < 2 or not Path(sys.argv[1]).is_dir():
        print("usage: python scripts/cases.py FOLDER [CASE ...]", file=sys.stderr)
        return 2
    named = {*sys.argv[2:]}
    folders = sorted(each.parent for each in Path(sys.argv[1]).glob("*/command.txt"))
    known = {folder.name for folder in folders}
    if unknown := named - known:
        print(f"no case {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return 2
    counts = dict.fromkeys(("passed", "failed", "to be read"), 0)
    for folder in folders:
        if named and folder.name not in named:
            continue
        output = run(folder)
        check = CHECKS.get(folder.name) or _own_check(folder / "check.txt")
        wrong = faults(check, output) if check else []
        state = "to be read" if check is None else "failed" if wrong else "passed"
        counts[state] += 1
        print(f"{state}  {folder.name}")
        if state != "passed":
            expected = (folder / "expected.txt").read_text("utf-8").strip()
            print("\n".join([*wrong, "expected:", expected, "got:", output.strip(), ""]))
    print(", ".join(f"{number} {state}" for state, number in counts.items()))
    return 1 if counts["failed"] else 0


def run(case: Path) -> str:
    """Both outputs of a case's command, as they come, run by bash in a copy of its folder."""
    with tempfile.TemporaryDirectory() as kept:
        place, programs = Path(kept) / case.name, Path(kept) / "programs"
        place.mkdir()
        for each in case.iterdir():
            shutil.copyfile(each, place / each.name)
        programs.mkdir()
        program = programs / "guandian"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m guandian "$@"\n', "utf-8")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        environment = os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-c", (case / "command.txt").read_text("utf-8")],
            cwd=place,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    return done.stdout.decode("utf-8", "replace")


def faults(check: Check, output: str) -> list[str]:
    """What of a check does not hold."""
    lacking = [each for each in check.right if not re.search(each, output, re.MULTILINE)]
    found = [each for each in check.never if re.search(each, output, re.MULTILINE)]
    return [f"lacks {each}" for each in lacking] + [f"has {each}" for each in found]


def _own_check(path: Path) -> Check | None:
    if not path.is_file():
        return None
    lines = path.read_text("utf-8").splitlines()
    right, never = (tuple(line[2:] for line in lines if line[:2] == mark) for mark in ("+ ", "- "))
    return Check(right, never)


if __name__ == "__main__":
    sys.exit(main())
