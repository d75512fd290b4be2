"""Every series that is watched: a sale that was expected, and a surge that was not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from tests.monitor.expected_sale import watched_sale
from tests.service.dashboard.browsing import Browser, Served, serious, serving, visit

from guandian.store import Store
from guandian.store.records import Records

pytestmark = pytest.mark.slow
SERIES = "/alerts?alerts=series"


@pytest.fixture(scope="module")
def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("series") / "data"
    with Store.open(data, write=True) as store, Records.open(data) as records:
        watched_sale(store, records, "battery", "display")
    with serving(data) as service:
        yield service


def test_a_sale_is_seen_as_expected_and_a_surge_as_fired(browser: Browser, shop: Served) -> None:
    with visit(browser, shop, SERIES, language="zh") as page:
        page.get_by_role("searchbox").fill("电池 app")
        line = page.locator("[data-test^=series-]")
        expect(line).to_have_count(1)
        line.click()
        sale = page.locator("[data-test=feast]").first
        expect(sale).to_contain_text("双十一 · 预期之内")
        expect(page.locator("[data-test=episode]")).to_have_count(1)
        expect(page.locator("[data-test=episode]")).to_contain_text("2025-12-01 触发")
        expect(page.locator("[data-test=episode]")).to_contain_text("触发原因")
        page.get_by_role("button", name="以表格显示").click()
        rows = page.get_by_role("row")
        (sold,) = rows.filter(has_text="2025年11月12日").all()
        (fired,) = rows.filter(has_text="2025年12月2日").all()
        expect(sold).to_contain_text("双十一")
        expect(sold).not_to_contain_text("异常")
        expect(fired).to_contain_text("异常")
        assert "series=s_" in page.url and "find=" in page.url


def test_a_series_that_kept_quiet_is_seen_too_and_its_address_opens_it(
    browser: Browser, shop: Served
) -> None:
    (row,) = shop.ask("/v1/series", words="屏幕 app")["items"]
    with visit(browser, shop, f"{SERIES}&series={row['id']}", width=400, theme="dark") as page:
        expect(page.locator("[data-test=calm]")).to_be_visible()
        expect(page.locator("[data-test=feast]").first).to_contain_text("within expectation")
        expect(page.locator("[data-test=budget-day]")).to_contain_text("Still allowed")
        page.get_by_role("button", name="thirteen months").click()
        expect(page.locator("[data-test=feast]")).to_have_count(6)
        expect(page.locator("[data-test=feast]").last).to_contain_text("more than expected")
        page.get_by_role("application").focus()
        page.keyboard.press("ArrowRight")
        assert serious(page) == []
        page.get_by_role("searchbox").fill("no such")
        expect(page.get_by_text("No series has these words in its name.")).to_be_visible()
