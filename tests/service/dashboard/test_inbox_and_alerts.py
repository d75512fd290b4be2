"""A message in, understood, drafted, edited, sent, exported; an alert that was nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.monitor.histories import history
from tests.service.dashboard.browsing import Browser, Served, serious, serving, visit

from guandian.assist.answers.answer_files import save_answers
from guandian.assist.answers.answerer import Answerer
from guandian.assist.answers.knowledge import Knowledge
from guandian.assist.answers.retriever import Retriever
from guandian.monitor.alerts.watch_pass import look_once
from guandian.monitor.alerts.watching import WatchTerms
from guandian.store import Store
from guandian.store.readings import Readings
from guandian.store.records import Records

pytestmark = pytest.mark.slow
HOSTILE = "<img src=x onerror='window.bad=1'> 电池不耐用\u202e，给我退款"


@pytest.fixture(scope="module")
def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with a shop's FAQ, and a surge that was watched by the week."""
    folder = tmp_path_factory.mktemp("shop")
    faq = folder / "faq.csv"
    faq.write_text("question,answer\n电池保修多久？,电池保修 12 个月。\n", "utf-8")
    (folder / "assist").mkdir()
    retriever = Retriever(Knowledge.read([faq]))
    save_answers(retriever, Answerer(retriever).answerability, folder / "assist" / "answers")
    data = folder / "data"
    surge = date(2025, 2, 17), date(2025, 2, 23)
    with Store.open(data, write=True) as store, Records.open(data) as records:
        store.load(history(60, surge, times=30))
        reader = Readings(store, records).reader("main")
        look_once(reader, records, "main", WatchTerms(unit="week", a_week=0.02), date(2025, 2, 24))
    with serving(data, "--assist", str(folder / "assist")) as service:
        yield service


def test_a_message_is_answered_from_its_source_edited_sent_and_exported(
    browser: Browser, shop: Served
) -> None:
    with visit(browser, shop, "/inbox") as page:
        page.get_by_text("Put something in").click()
        page.get_by_role("textbox", name="Message").fill("电池保修多久？急用，电话 13812345678")
        page.locator("[data-test=put]").click()
        item = page.locator("[data-test=item]")
        expect(item.locator(".said")).to_contain_text("[手机号]")
        expect(item).to_contain_text("a deadline")
        expect(item.locator(".cited")).to_contain_text("电池保修 12 个月。")
        expect(item.locator(".cited")).to_contain_text("faq.csv, line 2")
        assert serious(page) == []
        page.keyboard.press("e")  # to the draft, which a person has to open
        expect(page.locator("[data-test=open-draft]")).to_be_focused()
        page.keyboard.press("Enter")
        area = item.get_by_role("textbox", name="Answer")
        expect(area).to_be_focused()
        area.fill("您好，电池保修 12 个月。")
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-test=state]")).to_have_text("Sent")
        with page.expect_download() as download:
            page.locator("[data-test=export-message]").click()
        (line,) = Path(download.value.path()).read_text("utf-8").splitlines()
    pair = json.loads(line)
    assert (pair["draft"], pair["reply"]) == ("电池保修 12 个月。", "您好，电池保修 12 个月。")
    assert "13812345678" not in line and pair["changed"] > 0


def test_a_hostile_review_is_inert_its_draft_guarded_and_handed_over(
    browser: Browser, shop: Served
) -> None:
    with visit(browser, shop, "/inbox") as page:
        page.get_by_text("Put something in").click()
        page.get_by_role("button", name="Review").first.click()
        page.get_by_label("Stars").select_option("1")
        page.get_by_role("textbox", name="Review").fill(HOSTILE)
        page.locator("[data-test=put]").click()
        item = page.locator("[data-test=item]")
        expect(item.locator(".said")).to_contain_text("U+202E")
        assert page.evaluate("window.bad") is None
        assert page.locator("main img, main script").count() == 0
        public = item.locator("[data-channel=public]")
        expect(public.locator("[data-test=send]")).to_be_disabled()
        page.keyboard.press("s")  # nothing is sent before it was opened
        expect(page.locator("[data-test=state]")).to_have_text("New")
        public.locator("[data-test=open-draft]").click()
        expect(item.locator("[data-channel=private] [data-test=open-draft]")).to_be_visible()
        public.get_by_role("textbox").fill("好评返现 5 元")
        public.locator("[data-test=send]").click()
        expect(public.locator(".broken")).to_contain_text("money, a coupon or a gift")
        expect(page.locator("[data-test=state]")).to_have_text("Edited")
        page.locator("h1").click()
        page.keyboard.press("h")
        expect(page.locator("[data-test=state]")).to_have_text("Handed over")
        assert serious(page) == []


def test_unsaved_words_of_a_draft_stay_while_the_other_one_is_opened(
    browser: Browser, shop: Served
) -> None:
    with visit(browser, shop, "/inbox") as page:
        page.get_by_text("Put something in").click()
        page.get_by_role("button", name="Review").first.click()
        page.get_by_label("Stars").select_option("1")
        page.get_by_role("textbox", name="Review").fill("电池不耐用，很失望")
        page.locator("[data-test=put]").click()
        public, private = (page.locator(f"[data-channel={name}]") for name in ("public", "private"))
        public.locator("[data-test=open-draft]").click()
        public.get_by_role("textbox").fill("抱歉，我们再看看。")
        private.locator("[data-test=open-draft]").click()
        expect(private.get_by_role("textbox")).to_be_visible()
        expect(public.get_by_role("textbox")).to_have_value("抱歉，我们再看看。")


def test_keys_leave_the_item_before_alone_while_the_next_one_comes(
    browser: Browser, shop: Served
) -> None:
    with visit(browser, shop, "/inbox") as page:
        page.get_by_text("Put something in").click()
        for question in ("电池防水吗？", "电池保修多久？"):
            page.get_by_role("textbox", name="Message").fill(question)
            page.locator("[data-test=put]").click()
            expect(page.locator("[data-test=item] .said")).to_contain_text(question)
        changes: list[str] = []
        page.on("request", lambda asked: changes.append(asked.method))
        page.route("**/v1/assist/inbox/m_*", lambda route: route.abort())
        page.locator("h1").click()
        for key in ("j", "h", "s"):
            page.keyboard.press(key)
        expect(page.locator("[data-test=item] [role=alert]")).to_be_visible()
        expect(page.locator("[data-test=hand-over]")).to_have_count(0)
        assert changes and set(changes) == {"GET"}


def test_an_alert_that_was_nothing_counts_beside_the_budget(browser: Browser, shop: Served) -> None:
    with visit(browser, shop, "/alerts?alerts=all") as page:
        budget = page.locator("[data-test=budget-week]")
        expect(budget).to_contain_text("Marked as false0")
        page.locator("[data-test=dismiss]").first.click()
        expect(budget).to_contain_text("Marked as false1")
        expect(page.get_by_text("said that it was nothing").first).to_be_visible()
        page.get_by_role("button", name="As a table").first.click()
        expect(page.get_by_role("cell", name="Spring Festival").first).to_be_visible()
        assert serious(page) == []
        page.locator("[data-test=reinstate]").click()
        expect(budget).to_contain_text("Marked as false0")
