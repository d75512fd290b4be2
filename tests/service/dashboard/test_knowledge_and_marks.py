"""A catalogue, a lexicon, what two people decide, and a precision: given on the dashboard."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.service.dashboard.browsing import Browser, Served, serious, visit

pytestmark = pytest.mark.slow
TEXT = "河南人都是骗子，屏幕很清晰，电池不耐用😀"
CATALOGUE = "品牌,型号,部件\n华为,Mate 60 Pro,屏幕;电池\n"
LEXICON = "word,polarity\n很清晰,negative\n坏,也许\n"


def test_a_precision_that_cannot_be_promised_is_refused_and_another_one_kept(
    browser: Browser, empty: Served, tmp_path: Path
) -> None:
    file = tmp_path / "few.csv"
    file.write_text(f"id,text,product\nr1,{TEXT},华为 Mate60Pro\n", "utf-8")
    with visit(browser, empty, "/upload") as page:
        page.set_input_files("input[type=file]", file)
        page.locator("[data-test=precision]").select_option("0.95")
        page.locator("[data-test=precision-of]").select_option("whole")
        page.locator("[data-test=start]").click()
        expect(page.get_by_role("alert")).to_contain_text("cannot promise")
        page.locator("[data-test=precision]").select_option("0.8")
        page.locator("[data-test=unlike]").select_option("warn")
        page.locator("[data-test=start]").click()
        expect(page.locator("[data-state=done]")).to_be_visible(timeout=120_000)


def test_what_is_known_and_decided_stands_below_a_review(
    browser: Browser, empty: Served, tmp_path: Path
) -> None:
    for name, content in (("c.csv", CATALOGUE), ("l.csv", LEXICON)):
        (tmp_path / name).write_text(content, "utf-8")
    (tmp_path / "r.csv").write_text(f"id,text,product\nr2,{TEXT}！,华为 Mate60Pro\n", "utf-8")
    assert empty.mine(tmp_path / "r.csv")["state"] == "done"
    terms = {"name": "a second person", "scopes": ["correct", "read"]}
    second = posted(empty, "/v1/keys", terms)["key"]
    with visit(browser, empty, "/settings") as page:
        page.set_input_files("[data-test=catalogue]", tmp_path / "c.csv")
        expect(page.locator("[data-test=knowledge]")).to_contain_text("4 entries")
        page.set_input_files("[data-test=lexicon]", tmp_path / "l.csv")
        expect(page.locator("[data-test=knowledge]")).to_contain_text("1 word")
        expect(page.get_by_text("'也许' is no polarity")).to_be_visible()
        page.get_by_label("Marked from").fill("0.5")
        page.get_by_label("For people to see from").fill("0.1")
        page.locator("[data-test=propose]").click()
        mine = page.locator("[data-test=policies] li").first
        expect(mine).to_contain_text("waits for another person")
        mine.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("alert")).to_be_visible()  # nobody confirms what is their own
        assert serious(page) == []
    waiting = empty.ask("/v1/policies")["items"][0]["id"]
    confirmed = posted(empty, f"/v1/policies/{waiting}/approve", None, second)["policy"]
    assert confirmed["state"] == "in-force"
    with visit(browser, empty, "/?review=r2") as page:
        known = page.locator("[data-test=known]")
        expect(known).to_contain_text("Mate 60 Pro")
        expect(known).to_contain_text("in the lexicon")
        marks = page.locator("[data-test=marks]")
        expect(marks).to_contain_text("insult")
        marks.locator("[data-test=harmless]").click()
        expect(marks).to_contain_text("another person confirms it")
        assert serious(page) == []
    proposed = empty.ask("/v1/policies")["items"][0]
    assert (proposed["name"], proposed["value"]) == ("abuse.case", {"abusive": False})
    with visit(browser, empty, "/?review=r2", language="zh") as page:
        expect(page.locator("[data-test=known]")).to_contain_text("在词典中为")


def posted(served: Served, path: str, content: object, key: str = "") -> Any:
    """The JSON that the service answers to a POST of whoever has a key."""
    request = urllib.request.Request(
        served.address + path,
        json.dumps(content).encode() if content is not None else b"",
        {
            "Authorization": f"Bearer {key or served.key}",
            **({} if content is None else {"Content-Type": "application/json"}),
        },
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
