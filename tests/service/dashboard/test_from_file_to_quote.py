"""The way of an analyst: a file, its columns, a chart, the quotes, a correction, its export."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.service.dashboard.browsing import EXAMPLES, Browser, Served, visit

pytestmark = pytest.mark.slow
HOSTILE = (
    ("=1+1 很清晰", '<img src=x onerror="window.bad=1">屏幕很清晰<script>window.bad=1</script>'),
    ("N7\u202egnp", "电池不耐用\u202e，售后\u200b很差"),
    ("{{ 7*7 }}", "javascript:window.bad=1 物流很快 {{constructor.constructor('window.bad=1')()}}"),
)


def test_an_empty_folder_invites_a_file_and_shows_what_buyers_say(
    browser: Browser, empty: Served, tmp_path: Path
) -> None:
    with visit(browser, empty) as page:
        assert page.url == f"{empty.address}/", "the key stays out of the address"
        assert page.evaluate("sessionStorage.getItem('guandian.key')") == empty.key
        expect(page.get_by_role("heading", level=1)).to_have_text(
            "What do buyers say, and why did it change?"
        )
        page.set_input_files("input[type=file]", EXAMPLES)
        chosen = page.get_by_label("What the column text is")
        expect(chosen).to_have_value("text")
        expect(page.get_by_label("What the column product is")).to_have_value("product")
        page.get_by_label("What the column user is").select_option("")
        page.locator("[data-test=start]").click()
        expect(page.locator("[data-state=done]")).to_be_visible(timeout=120_000)
        page.get_by_role("link", name="See what buyers say").click()
        overview = empty.ask("/v1/summary")["overview"]
        total = page.locator("[data-test=all-opinions]")
        expect(total).to_have_text(f"{overview['opinions']:,} opinions")
        total.click()
        expect(page.locator("[data-test=quotes-total]")).to_have_text(
            f"{overview['opinions']:,} opinions"
        )


def test_a_click_on_a_bar_opens_the_opinions_that_it_counts(
    browser: Browser, served: Served
) -> None:
    rows = served.ask("/v1/summary")["categories"]
    with visit(browser, served) as page:
        chart = page.get_by_role("application", name="Categories")
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 22 + 34 * 2.5)
        expect(page.locator("#quotes-title")).to_have_text(rows[2]["name"]["en"])
        expect(page.locator("[data-test=quotes-total]")).to_have_text(
            f"{rows[2]['opinions']:,} opinions"
        )
        first = served.ask("/v1/opinions", category=rows[2]["key"], limit=1)["items"][0]
        quote = page.locator("article.quote").first
        expect(quote.locator(".text")).to_have_text(first["review"]["text"])
        marked = "".join(quote.locator("mark.expression").all_text_contents())
        assert marked == first["expression"]["text"]
        assert f"quotes.category={rows[2]['key']}" in page.url, "a view is an address"
        page.keyboard.press("Escape")
        expect(page.locator("dialog[open]")).to_have_count(0)
        expect(page).to_have_url(f"{served.address}/")


def test_a_chart_is_read_and_opened_by_keyboard(browser: Browser, served: Served) -> None:
    rows = served.ask("/v1/summary")["categories"]
    with visit(browser, served) as page:
        page.get_by_role("application", name="Categories").focus()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        expect(page.locator("[aria-live=polite]")).to_contain_text(rows[1]["name"]["en"])
        page.keyboard.press("Enter")
        expect(page.locator("#quotes-title")).to_have_text(rows[1]["name"]["en"])


def test_an_opinion_is_fixed_by_keyboard_undone_and_exported(
    browser: Browser, served: Served, tmp_path: Path
) -> None:
    with visit(browser, served, "/queue") as page:
        card = page.locator("[data-test=queue-card]")
        expect(card).to_be_visible()
        (first,) = served.ask("/v1/queue", limit=1)["items"]
        text = first["review"]["text"]
        unsure = [
            each for each in served.ask("/v1/reviews/" + first["review"]["id"])["opinions"]
            if each["confidence"] < 0.9 and each["id"] != first["id"]
        ]  # fmt: skip
        expect(card.locator(".text")).to_have_text(text)
        page.keyboard.press("f")
        expect(page.locator(".picker")).to_be_focused()
        page.keyboard.press("ArrowLeft")
        page.get_by_label("Category").last.select_option("price")
        page.locator("[data-test=save-fix]").click()
        for number in range(len(unsure)):
            expect(page.get_by_text(f"{number + 1} judged")).to_be_visible()
            expect(card.locator(".text")).to_have_text(
                text
            )  # the review's other opinions come next
            page.keyboard.press("a")
        done = len(unsure) + 1
        expect(page.get_by_text(f"{done} judged")).to_be_visible()
        another = card.locator(".text").inner_text()
        assert another != text
        page.keyboard.press("r")
        expect(page.get_by_text(f"{done + 1} judged")).to_be_visible()
        page.keyboard.press("u")
        expect(page.get_by_text(f"{done} judged")).to_be_visible()
        expect(card.locator(".text")).to_have_text(another)
        with page.expect_download() as download:
            page.get_by_role("button", name="Save the corrections").click()
        lines = Path(download.value.path()).read_text("utf-8").splitlines()
    (kept,) = [json.loads(line) for line in lines]
    assert kept["text"] == text
    opinions = served.ask("/v1/reviews/" + first["review"]["id"])["opinions"]
    found = next(each for each in opinions if each["id"] == first["id"])
    span = first["expression"]
    assert (found["category"], found["corrected"]) == ("price", True)
    assert found["expression"]["end"] == (span["end"] - 1 if span else 1)


def test_the_rows_of_a_chart_are_a_file_that_no_spreadsheet_runs(
    browser: Browser, served: Served
) -> None:
    rows = served.ask("/v1/summary")["categories"][:16]
    with visit(browser, served) as page:
        card = page.get_by_role("region", name="Categories")
        with page.expect_download() as download:
            card.get_by_role("button", name="Save the rows").click()
        text = Path(download.value.path()).read_text("utf-8-sig")
        with page.expect_download() as image:
            card.get_by_role("button", name="Save as an image").click()
        assert Path(image.value.path()).read_bytes().startswith(b"\x89PNG\r\n")
    head, *lines = csv.reader(text.splitlines())
    assert head[0] == "Name"
    assert [line[0] for line in lines] == [row["name"]["en"] for row in rows]
    assert [float(line[5]) for line in lines] == [row["net"]["value"] for row in rows]


def test_what_strangers_write_is_shown_and_does_nothing(
    browser: Browser, empty: Served, tmp_path: Path
) -> None:
    file = tmp_path / "hostile.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("id", "product", "text", "time")])
        csv.writer(out).writerows(
            (f"h{number}", product, text, "2026-03-02")
            for number, (product, text) in enumerate(HOSTILE)
        )
    assert empty.mine(file)["state"] == "done"
    for path in ("/explore?confidence=0", "/products", "/"):
        with visit(browser, empty, path) as page:
            assert page.evaluate("window.bad") is None
            assert page.locator("main img, main script").count() == 0
    product, text = HOSTILE[1]
    with visit(browser, empty, "/explore?product=" + product) as page:
        shown = page.locator("article.review").first.text_content() or ""
        assert text.replace("\u202e", "U+202E").replace("\u200b", "U+200B") in shown
        assert "\u202e" not in (page.locator("main").text_content() or "")


def test_a_review_tells_which_words_made_its_answers(browser: Browser, served: Served) -> None:
    with visit(browser, served, "/explore") as page:
        item = page.locator("article.review").first
        text = item.locator(".text").first.text_content()
        with page.expect_response("**/v1/explain") as answer:
            item.get_by_role("button", name="Why?").click()
        told = answer.value.json()
        why = item.locator("section.why")
        expect(why.locator("mark").first).to_be_visible(timeout=60_000)
        assert why.locator(".said").text_content() == text
        shaded = why.locator("mark").all_text_contents()
        effects = told["sentiment"]["effects"]
        strong = [u["text"] for u, e in zip(told["units"], effects, strict=True) if abs(e) >= 0.02]
        assert shaded == strong
        item.get_by_role("group", name="Which answer").get_by_role("button").nth(1).click()
        expect(why.locator(".legend")).to_contain_text("Speaks for it")
