"""Writes what was measured of a bundle into its card: own sets, old sets, the behaviour suite.

    python bench/card.py --root FOLDER [--bundle FOLDER] [--before FOLDER ...]

The card's section is made anew, others stay (`make audit` writes that of audits); the bundle's
checksums follow. Texts are scored as they stand. What bundles of earlier releases pass of the
behaviour suite stands beside it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from guandian.bundle import Bundle, shipped
from guandian.bundle.card_sections import amend_card
from guandian.data.corpora import corpora, load
from guandian.data.taxonomy import to_default
from guandian.evaluation import Options, evaluate
from guandian.evaluation.behaviour import Case, Passed, all_capabilities, read_suite, score_suite
from guandian.mining.miner import Miner
from guandian.pipelines import open_miner

HEAD = "What was measured"
OWN = ("guandian-wide", "guandian-written", "guandian-hard", "guandian-contrast")
OLD = ("make-up", "laptop", "food-zh", "phone-en", "acos-laptop", "rest14")
SUITE = Path(__file__).parent.parent / "tests" / "behaviour"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, default=shipped())
    parser.add_argument("--before", type=Path, nargs="*", default=[])
    asked = parser.parse_args()
    bundle, miner = Bundle.open(asked.bundle), open_miner(asked.bundle)
    lines = [f"On {datetime.now(UTC):%Y-%m-%d}, the file itself, dev parts that it never saw."]
    earlier = [open_miner(path) for path in asked.before]
    lines += ["", *sets(miner, asked.root), "", *suite(miner, earlier)]
    amend_card(bundle, HEAD, "\n".join(lines))
    print("\n".join(lines))


def sets(miner: Miner, root: Path) -> list[str]:
    """A row a set: exact F1, what is found and right, the review's sentiment."""
    lines = [
        "| set | reviews | quads | triplets | found | right | sentiment, macro F1 |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in (*OWN, *OLD):
        rows = [to_default(row) for row in load(name, root, "dev")]
        mode = "text" if corpora()[name].format == "zhijiang" else "span"
        result = evaluate(miner, rows, Options(miner.model, name, mode))
        opinions, sentiment = result.opinions, result.sentiment
        assert opinions is not None
        scores, both = opinions.scores, opinions.overlap
        quads = f"{scores.quad.f1:.2f}" if scores.by_category else ""
        macro = f"{sentiment.scores.macro_f1:.2f}" if sentiment and not sentiment.binary else ""
        lines.append(
            f"| {name} | {len(rows)} | {quads} | {scores.triplet.f1:.2f} | {both.recall:.2f} "
            f"| {both.precision:.2f} | {macro} |"
        )
    return lines


def suite(miner: Miner, before: Sequence[Miner]) -> list[str]:
    """A row a capability of the behaviour suite: both halves together, and the sealed one."""
    halves = [read_suite(SUITE / f"{name}.jsonl") for name in ("open", "sealed")]
    here, sealed = _passed(miner, [*halves[0], *halves[1]]), _passed(miner, halves[1])
    others = [_passed(one, [*halves[0], *halves[1]]) for one in before]
    names = "".join(f" {one.model.removeprefix('guandian-small@')} |" for one in before)
    lines = [
        "Of the behaviour suite (`tests/behaviour/`) it passes, half of the cases never looked at:",
        "",
        f"| capability | passed | cases | share | of the unseen half |{names}",
        "|---|---|---|---|---|" + "---|" * len(before),
    ]
    for name, row in here.items():
        earlier = "".join(f" {one[name].share:.2f} |" for one in others)
        lines.append(
            f"| {name} | {row.passed} | {row.cases} | {row.share:.2f} "
            f"| {sealed[name].share:.2f} |{earlier}"
        )
    return lines


def _passed(miner: Miner, cases: Sequence[Case]) -> dict[str, Passed]:
    rows = score_suite(miner, cases)
    return {row.capability: row for row in [*rows, all_capabilities(rows)]}


if __name__ == "__main__":
    main()
