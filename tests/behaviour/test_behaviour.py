"""What the shipped bundle understands, and how a suite is scored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from guandian.cli.main import app
from guandian.data import load
from guandian.data.leaks import text_keys
from guandian.domain import Labelled, Polarity, Quad, Sentiment, Span
from guandian.errors import BadRow, GuandianError
from guandian.evaluation import PlainAnswer
from guandian.evaluation.behaviour import Case, Passed, all_capabilities, read_suite, score_suite
from guandian.pipelines import open_miner

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
HALVES = {name: HERE / f"{name}.jsonl" for name in ("open", "sealed")}
CASES = {name: read_suite(path) for name, path in HALVES.items()}


def test_the_suite_is_as_large_as_the_card_says() -> None:
    everything = [case for cases in CASES.values() for case in cases]
    assert (len(CASES["open"]), len(CASES["sealed"])) == (359, 355)
    capabilities = {case.capability for case in everything}
    assert len(capabilities) == 15
    for name in capabilities:
        assert sum(case.capability == name for case in everything) >= 46


def test_no_case_stands_in_a_set_that_is_learned_from() -> None:
    cases = {
        key
        for each in CASES.values()
        for case in each
        for key in text_keys(Labelled(case.id, case.text, "suite"))
    }
    for name in ("guandian-written", "guandian-hard", "guandian-contrast"):
        for part in ("train", "dev"):
            learned = {key for row in load(name, ROOT, part) for key in text_keys(row)}
            assert cases.isdisjoint(learned)


def quad(start: int, end: int, polarity: Polarity) -> Quad:
    return Quad(None, Span(start, end), None, polarity)


GOOD, BAD = Polarity.POSITIVE, Polarity.NEGATIVE
CASE = Case(
    "1", "x", "装上没有异味，能用多久？",
    expect=((Span(2, 6), GOOD),), silent=(Span(7, 12),), sentiment=GOOD,
)  # fmt: skip
PRAISE = Sentiment(GOOD, 0.1, 0.1, 0.8)


@pytest.mark.parametrize(
    ("opinions", "sentiment", "passes"),
    [
        ((quad(2, 6, GOOD),), PRAISE, True),
        ((quad(3, 6, GOOD), quad(0, 2, BAD)), PRAISE, True),  # elsewhere it may say what it will
        ((quad(2, 6, BAD),), PRAISE, False),
        ((quad(2, 6, GOOD), quad(4, 6, BAD)), PRAISE, False),
        ((quad(2, 6, GOOD), quad(4, 6, Polarity.NEUTRAL)), PRAISE, True),
        ((), PRAISE, False),
        ((quad(2, 6, GOOD), quad(9, 12, GOOD)), PRAISE, False),
        ((quad(2, 6, GOOD),), Sentiment(BAD, 0.8, 0.1, 0.1), False),
        ((quad(2, 6, GOOD),), None, False),
    ],
)
def test_a_case_passes_when_all_that_it_asks_for_holds(
    opinions: tuple[Quad, ...], sentiment: Sentiment | None, *, passes: bool
) -> None:
    assert CASE.passed_by(PlainAnswer(opinions, sentiment)) is passes


def test_shares_by_capability() -> None:
    class Silent:
        def predict(self, texts: object) -> list[PlainAnswer]:
            return [PlainAnswer((), Sentiment(Polarity.NEUTRAL, 0.1, 0.8, 0.1)) for _ in texts]  # type: ignore[attr-defined]

    found = score_suite(Silent(), CASES["open"])
    assert found[-1].cases in (23, 24)
    by_name = {row.capability: row for row in found}
    assert by_name["non-product"].share == 1
    assert by_name["irony"].share == 0
    assert all_capabilities(found).cases == 359
    assert all_capabilities([Passed("a", 1, 2), Passed("b", 2, 2)]).share == 0.75


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "no case"),
        ("[]", "object"),
        ('{"id": "1", "capability": "x", "text": "好", "silnt": ["好"]}', "silnt"),
        ('{"id": "1", "capability": "x", "text": "好", "silent": "好"}', "list"),
        ('{"id": null, "capability": "x", "text": "好", "silent": ["好"]}', "id"),
        (
            '{"id": "1", "capability": "x", "text": "好", "expect": [{"expression": "好"}]}',
            "polarity",
        ),
        ('{"id": "1", "capability": "x", "text": "好"}', "asks for nothing"),
        ('{"id": "1", "capability": "x", "text": "好好", "silent": ["好"]}', "2 times"),
        ('{"id": "1", "capability": "x", "text": "好", "sentiment": "glad"}', "glad"),
        ('{"id": "1", "text": "好", "sentiment": "positive"}', "capability"),
    ],
)
def test_what_is_no_case_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(f"\n{line}\n", encoding="utf-8")
    with pytest.raises(BadRow, match=said) as error:
        read_suite(file)
    assert error.value.line == 2
    file.write_text("\n", encoding="utf-8")
    with pytest.raises(GuandianError, match="no case"):
        read_suite(file)
    with pytest.raises(GuandianError, match="no suite"):
        read_suite(tmp_path / "nothing.jsonl")


def test_the_command_prints_a_row_a_capability(tmp_path: Path) -> None:
    out = tmp_path / "passed.json"
    asked = ["evaluate", "guandian-small", "--suite", str(HALVES["open"]), "--json", str(out)]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "negated-complaint" in done.output
    assert json.loads(out.read_text("utf-8"))["all"]["cases"] == 359
    refused = CliRunner().invoke(app, [*asked, "--overwrite", "--part", "dev"])
    assert "--part" in str(refused.exception)


def test_the_shipped_bundle_holds_its_share() -> None:
    """What docs/experiments.md says of the file, 240 of the open half, less a case or two."""
    passed = all_capabilities(score_suite(open_miner(), CASES["open"]))
    assert passed.passed >= 237
