import html
import re
from dataclasses import replace

import pytest
from tests.evaluation.systems import Careless, examples
from tests.tags import Tags

from guandian.evaluation import Options, PlainAnswer, Report, contend, evaluate, set_side_by_side
from guandian.report.evaluation.page import render_page
from guandian.wording import VARIABLE

GOLD = examples(80)
NASTY = "<script>alert('😀')</script>&"


def page(system: str = "ours@1") -> str:
    return render_page(beside((0.1, 1, system), (0.4, 1, "rules")))


def beside(*systems: tuple[float, int, str]) -> Report:
    """A report on systems, each with the share that it spoils, its seed and its name."""
    contenders = [
        contend(Careless(GOLD, rate, seed), GOLD, Options(system=name, data="made up"))
        for rate, seed, name in systems
    ]
    return Report(contenders[0].evaluation, set_side_by_side(contenders))


def test_it_stands_alone_and_holds_together() -> None:
    tags = Tags(page())
    assert tags.open == []
    assert {"svg", "circle", "table", "style"} <= tags.seen
    assert not tags.seen & {"script", "link", "img", "iframe"}
    assert not re.search(r"https?://|url\(|@import", page())


def test_every_figure_is_on_it() -> None:
    found = evaluate(Careless(GOLD, spoil=0.1), GOLD)
    text = page()
    assert found.opinions and found.opinions.calibration and found.sentiment
    for share in (
        found.opinions.scores.quad.f1,
        found.opinions.scores.by_category["battery"].f1,
        found.opinions.calibration.error,
        found.opinions.calibration.floor,
        found.opinions.calibration.at_precision[-1].share,
        found.sentiment.scores.macro_f1,
    ):
        assert f"{100 * share:.1f}" in text
    for words in ("四元组", "quad", "校准误差", "its sampling floor", "漏报", "missed", "rules"):
        assert words in text


def test_it_speaks_the_language_that_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "en")
    english = page()
    assert '<html lang="en">' in english
    assert set(re.findall("[\u4e00-\u9fff]+", english)) <= {"观点"}  # our own name
    monkeypatch.setenv(VARIABLE, "zh")
    chinese = page()
    assert '<html lang="zh">' in chinese and "校准误差" in chinese
    shown = re.sub("<style>.*?</style>|<[^>]*>", " ", chinese, flags=re.DOTALL)
    assert not re.search("calibration|missed|Opinions|better|against", shown)


def test_systems_stand_in_one_table_and_colour_only_what_is_clear() -> None:
    report = beside((0.1, 1, "ours"), (0.1, 2, "same"), (0.5, 1, "worse"))
    text = render_page(report)
    assert text.count('<table class="versus big">') == 1
    cells = re.findall(r'<small class="(up|even|down)">', text)
    assert cells[:2] == ["even", "down"] and "worse by" in text
    ours = report.evaluation
    same = evaluate(Careless(GOLD, spoil=0.1, seed=2), GOLD, Options(system="same"))
    assert "Over training seeds" not in text
    assert "Over training seeds" in render_page(Report(ours, seeds=(same,)))


def test_seeds_are_compared_in_what_all_of_them_did() -> None:
    ours = evaluate(Careless(GOLD, spoil=0.1), GOLD)
    without = replace(ours, sentiment=None)
    assert {"quad", "sentiment"} <= set(Report(ours, seeds=(ours,)).over_seeds())
    assert "sentiment" not in Report(ours, seeds=(without,)).over_seeds()
    assert "sentiment" not in Report(without, seeds=(ours,)).over_seeds()


def test_categories_have_their_names_where_they_are_known() -> None:
    found = Report(evaluate(Careless(GOLD, spoil=0.1), GOLD))
    assert "续航" in render_page(found, {"battery": ("续航", "Battery life")})
    assert "续航" not in render_page(found)


def test_names_are_shown_and_never_obeyed() -> None:
    text = page(NASTY)
    assert NASTY not in text
    assert html.escape(NASTY, quote=True).replace("&#x27;", "&#39;") in text


def test_a_system_with_little_to_say_still_has_a_page() -> None:
    class Silent:
        def predict(self, texts: list[str]) -> list[PlainAnswer]:
            return [PlainAnswer(opinions=()) for _ in texts]

    assert Tags(render_page(Report(evaluate(Silent(), GOLD)))).open == []  # type: ignore[arg-type]
    assert Tags(render_page(Report(evaluate(Silent(), [])))).open == []  # type: ignore[arg-type]
