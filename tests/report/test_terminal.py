from __future__ import annotations

from dataclasses import replace

import pytest
from tests.report.printing import printed

from guandian.domain import Language, Mined, Opinion, Polarity, Review, Sentiment, Span
from guandian.domain.periods import clock_of
from guandian.report import MiningRun, aggregate, coloured, one_review, summary_table
from guandian.report.mined.figures import net_points
from guandian.report.mined.single_review import shown

from .mined import NAMES, reviews

TEXT = "屏幕😄很清晰，\n电池[bold]不耐用\x1b[31m"
SPANS = [
    (Span(0, 2), Span(3, 6), Polarity.POSITIVE),
    (Span(8, 10), Span(16, 19), Polarity.NEGATIVE),
]


def one() -> tuple[Review, Mined]:
    opinions = tuple(
        Opinion(
            aspect, expression, Span(aspect.start, expression.end), "display", polarity, 0.93, "t"
        )
        for aspect, expression, polarity in SPANS
    )
    feeling = Sentiment(Polarity.NEUTRAL, 0.2, 0.6, 0.2)
    return Review("r1", TEXT), Mined("r1", Language.CHINESE, feeling, opinions, (), ("长",), "m@1")


def test_spans_are_coloured_where_they_stand() -> None:
    text = coloured(*one())
    assert text.plain == TEXT.replace("\x1b", "␛")
    marked = [(text.plain[span.start : span.end], str(span.style)) for span in text.spans]
    assert marked == [
        ("屏幕", "underline green"),
        ("很清晰", "bold green"),
        ("电池", "underline red"),
        ("不耐用", "bold red"),
    ]


def test_an_opinion_without_words_marks_its_clause() -> None:
    review, mined = one()
    bare = replace(mined.opinions[0], aspect=None, expression=None)
    [span] = coloured(review, replace(mined, opinions=(bare,))).spans
    assert (span.start, span.end) == (0, 6)


def test_one_review_is_whole_on_a_narrow_terminal() -> None:
    review, mined = one()
    named = replace(mined, opinions=tuple(replace(o, tag="屏幕很清晰") for o in mined.opinions))
    out = printed(one_review(review, named, {"display": ("硬件性能", "Performance")}), 40)
    assert "…" not in out and "硬件性能 Performance" in out and "屏幕很清晰" in out


def test_a_time_is_shown_as_people_write_it() -> None:
    assert clock_of("2026-01-05T10:30:00+08:00") == "2026-01-05 10:30"
    assert clock_of("2026-01-05") == "2026-01-05"


def test_one_review_lists_its_opinions() -> None:
    out = printed(one_review(*one(), NAMES))
    assert "屏幕 Display" in out
    assert "93%" in out
    assert "负面 negative" in out
    assert "[bold]" in out
    assert "警告 warning: 长" in out


def test_terminal_commands_in_reviews_are_shown_not_obeyed() -> None:
    hostile = "a\x1b]0;owned\x07\r\x9b2J\u202e\ud800\u200db\nc"
    assert shown(hostile) == "a␛]0;owned␇␍\ufffd2J\ufffd\ufffd\u200db c"
    assert len(shown(hostile)) == len(hostile)
    review, mined = one()
    opinion = replace(mined.opinions[0], category="\x1b[2J", tag="\x1b[31m[link=x]y[/link]")
    mined = replace(mined, opinions=(opinion,), warnings=("\x1b[5m",))
    out = printed(one_review(review, mined, {})) + printed(
        summary_table(aggregate([(review, mined)]), {})
    )
    assert "\x1b" not in out
    assert "[link=x]" in out


def test_the_summary_says_what_was_counted() -> None:
    total = aggregate(reviews(300))
    out = printed(summary_table(total, NAMES, MiningRun(2.0, 2, 300, 3, "rejects.jsonl")))
    net = total.whole.tally.net()
    assert net
    assert f"{total.whole.tally.opinions} 个观点" in out
    assert net_points(net.value) in out
    key, cell = next(total.categories.ranked())
    row = next(line for line in out.splitlines() if " ".join(NAMES[key]) in line)
    assert f" {cell.tally.opinions} " in row
    assert "150 条/秒 reviews/s" in out
    assert "75 每核" in out
    assert "3 行未读 rejects → rejects.jsonl" in out
    assert "客服" in out and "id of an earlier one" not in out
    slow = printed(summary_table(total, NAMES, MiningRun(60.0, 2, 1)))
    assert "0.017 条/秒" in slow and "0.0083 每核" in slow
    repeated = printed(summary_table(total, NAMES, MiningRun(2.0, 2, 300, repeated_ids=2)))
    assert "a review has the id of an earlier one (2)" in repeated


@pytest.mark.parametrize(
    ("net", "words"),
    [(0.125, "+13"), (-0.125, "−13"), (0.12496, "+13"), (0.004, "0"), (-0.004, "0"), (-1, "−100")],
)
def test_halves_go_away_from_zero_as_on_the_page(net: float, words: str) -> None:
    assert net_points(net) == words


def test_warnings_are_counted() -> None:
    pairs = [(review, replace(mined, warnings=("odd language",))) for review, mined in reviews(7)]
    assert "odd language (7)" in printed(summary_table(aggregate(pairs), NAMES))


def test_a_narrow_terminal_loses_quotes_and_no_numbers() -> None:
    total = aggregate(reviews(300))
    for width in (72, 80, 200):
        out = printed(summary_table(total, NAMES), width)
        for _, cell in list(total.categories.ranked())[:12]:
            assert any(f" {cell.tally.opinions} " in line for line in out.splitlines())
        assert max(map(len, out.splitlines())) <= width


def test_nothing_mined() -> None:
    assert "0 条评论" in printed(summary_table(aggregate([]), NAMES, MiningRun(0, 2, 0)))
