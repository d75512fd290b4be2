"""Key points, questions, recommendations, and pictures and sounds beside their reviews."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from tests.media.drawn import Scripted, line, save
from tests.media.recorded import recorded
from tests.recommend.shops import shop
from tests.service.dashboard.browsing import EXAMPLES, Browser, Served, serious, serving, visit

from guandian.media import COLUMN, open_picture, read_picture
from guandian.pipelines.recommending.building import build_recommender
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.shop_data import ShopData
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.recommender_files import save_recommender

pytestmark = pytest.mark.slow
HOSTILE = '屏幕很清晰<img src=x onerror="window.bad=1">'
SETTINGS = FitSettings(width=8, iterations=3, trees=10, least=10, folds=2, fewest=0)


@pytest.fixture(scope="module")
def whole(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with example reviews, a picture, a recording and a recommender."""
    folder = tmp_path_factory.mktemp("whole")
    files = folder / "media"
    files.mkdir()
    picture = open_picture(save(files / "a.png", size=(400, 100)))
    text, places = read_picture(picture, Scripted(line(HOSTILE, 0, 75, 400, 100)))
    rows = [{"id": "a.png", "text": text, COLUMN: places.column()}]
    text, places = recorded(files / "b.wav", "物流太慢了")
    rows.append({"id": "b.wav", "text": text, COLUMN: places.column()})
    read = folder / "read.jsonl"
    read.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    titles = Catalogue({f"i{k}": f"<b>thing</b> {k}" for k in range(60)}, {})
    save_recommender(build_recommender(ShopData(shop(), titles, ()), SETTINGS), folder / "model")
    options = ("--media", str(files), "--recommend", str(folder / "model"))
    with serving(folder / "data", *options) as service:
        for file in (EXAMPLES, read):
            assert service.mine(file)["state"] == "done"
        yield service


def test_a_point_opens_the_review_with_its_words(browser: Browser, whole: Served) -> None:
    digest = whole.ask("/v1/summarise", points=5, quotes=2)
    point = next(p for p in digest["points"] if p["polarity"] == "negative" and p["quotes"])
    quote = point["quotes"][0]
    with visit(browser, whole, "/points") as page:
        first = page.locator("[data-test=negative] [data-test=point]").first
        expect(first).to_contain_text(point["name"]["en"])
        expect(first).to_contain_text(f"in {point['reviews']} review")
        first.locator("[data-test=cited]").first.click()
        opened = page.locator("[data-test=review]")
        expect(opened.locator(".said")).to_contain_text(quote["text"])
        marked = "".join(opened.locator("mark.hit").all_inner_texts())
        assert marked == quote["text"]
        assert serious(page) == []
        page.get_by_role("button", name="Close").click()
        expect(opened).to_be_hidden()
        assert "review=" not in page.url and "at=" not in page.url


def test_a_question_shows_its_query_and_a_refusal_its_reason(
    browser: Browser, whole: Served
) -> None:
    with visit(browser, whole, "/ask") as page:
        page.locator("[data-test=question]").fill("What do buyers complain about most?")
        page.get_by_role("button", name="Ask", exact=True).click()
        expect(page.locator("[data-test=call]")).to_have_text("share(polarity=negative; by=aspect)")
        assert page.locator("[data-test=answer] tr").count() > 3
        assert "%" in page.locator("[data-test=answer] tr").first.inner_text()
        page.locator("[data-test=answer] [data-test=cited]").first.click()
        expect(page.locator("[data-test=review] mark.hit").first).to_be_visible()
        page.goto(f"{whole.address}/ask?q=<img src=x onerror=window.bad=1> next year?")
        expect(page.locator("[data-test=refusal]")).to_contain_text("cannot answer")
        assert page.evaluate("window.bad") is None
        assert page.locator("main img").count() == 0
        assert serious(page) == []


def test_every_example_question_is_answered(browser: Browser, whole: Served) -> None:
    for language in ("zh", "en"):
        with visit(browser, whole, "/ask", language=language) as page:
            number = page.locator("[data-test=example]").count()
            assert number == 6
            for place in range(number):
                example = page.locator("[data-test=example]").nth(place)
                words = example.inner_text()
                example.click()
                expect(page.locator("[data-test=answer] h2")).to_contain_text(words)
                expect(page.locator("[data-test=refusal]")).to_have_count(0)


def test_a_picture_has_its_boxes_and_a_sound_its_place(browser: Browser, whole: Served) -> None:
    with visit(browser, whole, "/points?review=a.png", width=390) as page:
        opened = page.locator("[data-test=review]")
        expect(opened.locator("[data-test=picture]")).to_be_visible()
        assert opened.locator("[data-test=picture]").evaluate("image => image.naturalWidth") == 400
        box = opened.locator("[data-test=box]").first
        assert float(box.get_attribute("y") or 0) == 71
        shown, sheet = box.bounding_box(), opened.locator(".sheet").last.bounding_box()
        assert shown and sheet and sheet["x"] <= shown["x"] + 1 < sheet["x"] + sheet["width"]
        assert page.evaluate("window.bad") is None
        assert serious(page) == []
        page.goto(f"{whole.address}/points?review=b.wav")
        expect(opened.locator("[data-test=time]")).to_have_count(1)
        with page.expect_response(lambda answer: "/v1/media/sound" in answer.url) as sent:
            opened.locator("[data-test=hear]").click()
        assert sent.value.headers["content-type"] == "audio/wav"
        assert "begin=0&end=1300" in sent.value.url
        expect(opened.locator(".media [role=alert]")).to_have_count(0)
        assert serious(page) == []


def test_a_list_has_its_reasons(browser: Browser, whole: Served) -> None:
    with visit(browser, whole, "/recommend") as page:
        page.locator("[data-test=wish]").fill("u0")
        page.get_by_role("button", name="Recommend", exact=True).click()
        expect(page.locator("[data-test=recommended]")).to_have_count(10)
        expect(page.locator("[data-test=recommended] h3").first).to_contain_text("<b>thing</b>")
        page.locator("[data-test=wish]").fill("nobody at all")
        page.get_by_role("button", name="Recommend", exact=True).click()
        expect(page.get_by_text("Nobody of this name is known")).to_be_visible()
        assert serious(page) == []
