"""Every page in both languages, narrow and wide, light and dark; its figures are the report's."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.service.dashboard.browsing import EXAMPLES, Browser, Served, serious, serving, visit

from guandian.evaluation.intervals.clustered import IntervalEstimate
from guandian.report.mined.figures import net_points, point_ends

pytestmark = pytest.mark.slow
PAGES = (
    "/",
    "/products",
    "/points",
    "/points?by=category",
    "/ask?q=最近有什么变化？",
    "/explore",
    "/recommend",
    "/queue",
    "/upload",
    "/models",
    "/alerts",
    "/inbox",
    "/settings",
    "/x",
)
PRODUCT = "/products?product=澄屿 N7"
QUOTES = "/?quotes=open&quotes.category=service"
WIDE = 2560
WAYS = (("zh", 360, "dark"), ("en", 1440, "light"), ("zh", WIDE, "light"))


@pytest.mark.parametrize(("language", "width", "theme"), WAYS)
def test_axe_finds_nothing_serious_and_nothing_is_cut_off(
    browser: Browser, served: Served, language: str, width: int, theme: str
) -> None:
    found, wider = {}, {}
    with visit(browser, served, language=language, width=width, theme=theme) as page:
        for path in (*PAGES, PRODUCT, QUOTES):
            page.goto(served.address + path)
            page.wait_for_load_state("networkidle")
            if width < WIDE and (problems := serious(page)):  # what is wide has the same parts
                found[path] = problems
            reach = page.evaluate("document.documentElement.scrollWidth")
            if reach > width:
                wider[path] = reach
    assert (found, wider) == ({}, {})


def test_a_page_says_the_same_in_the_other_language_at_once(
    browser: Browser, served: Served
) -> None:
    with visit(browser, served, "/explore", language="zh") as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("浏览")
        page.get_by_role("button", name="English").first.click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Explore")
        assert page.evaluate("document.documentElement.lang") == "en"
        assert page.title().startswith("Explore")


def test_what_recommends_nothing_says_how(browser: Browser, served: Served) -> None:
    with visit(browser, served, "/recommend") as page:
        expect(page.locator("[data-test=no-recommender]")).to_contain_text("guandian recommend")


def test_without_a_key_there_is_a_door_and_a_wrong_key_stays_outside(
    browser: Browser, served: Served
) -> None:
    with visit(browser, served) as page:
        page.get_by_role("button", name="Forget the key").click()
        page.get_by_label("Key").fill("gd_live_" + "x" * 36)
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("alert")).to_contain_text("mistyped")
        assert serious(page) == []
        page.get_by_label("Key").fill(served.key)
        page.get_by_role("button", name="Open").click()
        expect(page.locator("[data-test=all-opinions]")).to_be_visible()


def test_each_number_opens_as_many_opinions(browser: Browser, served: Served) -> None:
    """The rows behind cells drawn by lot say the number that stands in the cell."""
    draw = random.Random(17)
    summary = served.ask("/v1/summary")
    cells = [
        (field, row["key"], polarity, row[polarity or "opinions"])
        for field, rows in (
            ("category", "categories"),
            ("aspect", "aspects"),
            ("product", "products"),
        )
        for row in summary[rows]
        for polarity in ("", "positive", "neutral", "negative")
    ]
    chosen = draw.sample(cells, min(120, len(cells)))
    wrong = []
    for field, key, polarity, number in chosen:
        query = {field: key} | ({"polarity": polarity} if polarity else {})
        if (total := served.ask("/v1/opinions", limit=1, **query)["total"]) != number:
            wrong.append((query, number, total))
    assert wrong == []
    with visit(browser, served) as page:
        for field, key, polarity, number in draw.sample(chosen, 8):
            page.goto(
                f"{served.address}/?quotes=open&quotes.{field}={key}&quotes.polarity={polarity}"
            )
            shown = page.locator("[data-test=quotes-total]")
            expect(shown).to_have_text(f"{number:,} opinion{'' if number == 1 else 's'}")


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `guandian report` draws of the same file, as it stands in its page."""
    folder = tmp_path_factory.mktemp("report")
    mined, page = folder / "mined.jsonl", folder / "report.html"
    for words in (["mine", EXAMPLES, "-o", mined], ["report", mined, "-o", page]):
        subprocess.run([sys.executable, "-m", "guandian", *words], check=True, capture_output=True)
    source = page.read_text("utf-8")
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', source, re.DOTALL)
    assert data is not None
    found: dict[str, Any] = json.loads(data[1])
    return found


@pytest.mark.parametrize(("query", "measure"), [("?corrected=false", "net"), ("", "fixed")])
def test_the_figures_are_those_of_the_report(
    browser: Browser, served: Served, reported: dict[str, Any], query: str, measure: str
) -> None:
    """By category: opinions, net and its interval, as both write them; and those of the whole."""
    with visit(browser, served, f"/{query}") as page:
        card = page.get_by_role("region", name="Categories").first
        card.get_by_role("button", name="As a table").click()
        lines = [row.locator("td").all_inner_texts() for row in card.locator("tbody tr").all()]
        big = page.locator(".figure .big").first.inner_text()
    shown = {line[0]: (int(line[1].replace(",", "")), line[5], line[6]) for line in lines}
    assert len(shown) > 10
    drawn = {
        reported["names"][cell["key"]][1]: (
            sum(cell["counts"]),
            net_points(cell[measure][0]),
            point_ends(IntervalEstimate(*cell[measure])),
        )
        for cell in reported["categories"]
    }
    assert shown == {name: drawn[name] for name in shown}
    assert big == net_points(reported["whole"][measure][0])


def test_a_missing_part_is_told_on_every_page(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path / "data") as service:
        service.mine(EXAMPLES)
        with visit(browser, service) as page:
            expect(page.locator("[data-test=all-opinions]")).to_be_visible()
            expect(page.locator("[data-test=incomplete]")).to_have_count(0)
            parts = (tmp_path / "data" / "opinions" / "main").glob("texts-*")
            number = len([part.unlink() for part in parts])
            for path in ("/", "/explore", "/settings", "/upload"):
                page.goto(service.address + path)
                expect(page.locator("[data-test=incomplete]")).to_contain_text(f"{number} file")
            assert serious(page) == []


def test_categories_are_put_together_and_shown_so(browser: Browser, tmp_path: Path) -> None:
    with serving(tmp_path / "data") as service:
        service.mine(EXAMPLES)
        before = {row["key"]: row["opinions"] for row in service.ask("/v1/summary")["categories"]}
        with visit(browser, service, "/settings") as page:
            page.get_by_label("Put Packaging into").select_option("logistics")
            page.get_by_label("English name of logistics").fill("Delivery")
            page.get_by_label("Brand: up").click()
            page.locator("[data-test=save-taxonomy]").click()
            expect(page.get_by_role("button", name="As the model has them")).to_be_visible()
            assert serious(page) == []
            page.goto(service.address)
            card = page.get_by_role("region", name="Categories").first
            card.get_by_role("button", name="As a table").click()
            lines = [row.locator("td").all_inner_texts() for row in card.locator("tbody tr").all()]
        shown = {line[0]: int(line[1].replace(",", "")) for line in lines}
        assert shown["Delivery"] == before["logistics"] + before.get("packaging", 0)
        assert "Logistics" not in shown and "Packaging" not in shown
