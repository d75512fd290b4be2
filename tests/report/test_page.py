from __future__ import annotations

import json
import re
import shutil
import subprocess
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from guandian.domain import Language, Opinion, Polarity, Review, Span
from guandian.errors import GuandianError
from guandian.report import (
    Aggregate,
    Correction,
    PageOptions,
    aggregate,
    page,
    synonyms,
    write_page,
)
from guandian.report.mined import page_file as report_html
from guandian.report.mined.page_file import page_words
from guandian.report.mined.payload import payload
from guandian.text.aspect_names import aspect_key

from .mined import FAIR, NAMES, NEG, reviews

OWNED = "document.title='owned'"
ATTACK = f'</script><script>{OWNED}</script><img src=x onerror="{OWNED}">{{{{7*7}}}}'
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Tags(HTMLParser):
    """The tags of a page with their attributes, and what stands in the scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inside: list[str] = []
        self.open = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in {"script", "style"}:
            self.inside.append("")
            self.open = True

    def handle_endtag(self, tag: str) -> None:
        self.open = False

    def handle_data(self, data: str) -> None:
        if self.open:
            self.inside[-1] += data


def data_of(html: str) -> dict[str, Any]:
    [found] = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    loaded = json.loads(found)
    assert isinstance(loaded, dict)
    return loaded


def hostile() -> list[tuple[Review, Any]]:
    found = []
    for review, mined in reviews(12):
        text = ATTACK + "\ud800\u202e" + review.text
        whole = Span(0, len(text))
        opinion = Opinion(Span(0, len(ATTACK)), whole, whole, ATTACK, NEG, 0.9, ATTACK)
        found.append(
            (
                replace(review, id=ATTACK + review.id, text=text, product=ATTACK + review.id[-1]),
                replace(mined, opinions=(opinion,), model=ATTACK, warnings=(ATTACK,)),
            )
        )
    return found


def drawn(given: list[tuple[Review, Any]], folder: Path) -> str:
    """What a browser makes of the page: its elements after the script has run."""
    file = folder / "page.html"
    write_page(page(aggregate(given), NAMES), file)
    done = subprocess.run(
        [
            str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu",
            "--disable-background-networking", "--virtual-time-budget=2000",
            f"--user-data-dir={folder / 'profile'}", "--dump-dom", file.as_uri(),
        ],
        capture_output=True, encoding="utf-8", timeout=60, check=True,
    )  # fmt: skip
    return done.stdout


def test_numbers_are_those_of_the_input() -> None:
    given = list(reviews(400))
    data = data_of(page(aggregate(given), NAMES))
    opinions = [one for _, mined in given for one in mined.opinions]
    counts = Counter(one.polarity for one in opinions)
    positive, negative = counts[Polarity.POSITIVE], counts[Polarity.NEGATIVE]
    assert data["reviews"] == 400
    assert data["whole"]["counts"] == [positive, counts[Polarity.NEUTRAL], negative]
    assert data["whole"]["net"][0] == pytest.approx((positive - negative) / len(opinions), abs=1e-4)
    labels = Counter(mined.sentiment.label for _, mined in given)
    assert [part[0] for part in data["sentiment"]] == [
        labels[each] for each in (Polarity.POSITIVE, Polarity.NEUTRAL, Polarity.NEGATIVE)
    ]
    for row in data["categories"]:
        mine = [one for one in opinions if one.category == row["key"]]
        assert sum(row["counts"]) == len(mine)
        low, high = row["net"][1:]
        assert -1 <= low <= row["net"][0] <= high <= 1
    known = synonyms()
    named = Counter(
        known.get(aspect_key(one.aspect.of(review.text)), aspect_key(one.aspect.of(review.text)))
        for review, mined in given for one in mined.opinions if one.aspect
    )  # fmt: skip
    shown = [
        (known.get(aspect_key(row["key"]), aspect_key(row["key"])), row) for row in data["aspects"]
    ]
    assert {key: sum(row["counts"]) for key, row in shown} == dict(named.most_common(30))
    assert any(row["also"] for _, row in shown)


def test_the_grid_and_the_lines_add_up() -> None:
    data = payload(aggregate(reviews(400)), NAMES)
    for row in data["categories"]:
        cells = data["grid"][row["key"]]
        assert len(cells) == len(data["products"])
        assert sum(sum(cell["counts"]) for cell in cells) == sum(row["counts"])
    for line in data["trend"]["lines"]:
        whole = next((r for r in data["categories"] if r["key"] == line["key"]), data["whole"])
        assert sum(sum(point["counts"]) for point in line["points"]) == sum(whole["counts"])
    rates = data["grid"]["comfort"][0]["rates"]
    assert rates[0][0] == pytest.approx(
        data["grid"]["comfort"][0]["reviews"] / data["products"][0]["seen"], abs=1e-4
    )


def test_every_quote_says_the_words_of_its_review() -> None:
    given = {review.id: review for review, _ in reviews(400)}
    data = payload(aggregate(reviews(400)), NAMES)
    assert len(data["quotes"]) > 50
    for quote in data["quotes"]:
        assert "".join(text for text, _ in quote["pieces"]) in given[quote["id"]].text
    for row in data["categories"]:
        for polarity, numbers in enumerate(row["quotes"]):
            assert bool(numbers) == bool(row["counts"][polarity])
            for number in numbers:
                quote = data["quotes"][number]
                assert (quote["category"], quote["polarity"]) == (row["key"], polarity)


def test_what_stands_out_is_clear_of_zero_and_well_supported() -> None:
    found = payload(aggregate(reviews(900)), NAMES)["standouts"]["found"]
    assert found["praised"] in {"overall", "design", "packaging"}
    assert found["criticised"] == "comfort"
    few = payload(aggregate(reviews(900)), NAMES, PageOptions(minimum=5000))["standouts"]
    assert few["found"] == {"praised": None, "criticised": None} and few["moved"] is None


def test_a_correction_stands_beside_what_was_found() -> None:
    total = aggregate(reviews(200))
    plain = payload(total, NAMES)
    assert plain["corrected"] is False and plain["notes"]["rates"] is None
    assert "fixed" not in plain["whole"]
    fixed = payload(total, NAMES, PageOptions(correction=Correction(FAIR, source="ours.json")))
    assert fixed["corrected"] is True
    assert fixed["whole"]["net"] == plain["whole"]["net"] != fixed["whole"]["fixed"]
    assert all(len(row["fixed"]) == 3 for row in fixed["categories"])
    assert fixed["notes"]["rates"]["source"] == "ours.json"
    assert fixed["notes"]["rates"]["recall"] == [0.9, 0.9, 0.5]
    opened = payload(total, NAMES, PageOptions(correction=Correction(FAIR), corrected=False))
    assert opened["corrected"] is False and opened["whole"]["fixed"] == fixed["whole"]["fixed"]


def test_opinions_to_search_are_all_of_them_or_a_fair_draw() -> None:
    given = list(reviews(80))
    everything, some = Aggregate(listed=10_000), Aggregate(listed=25)
    for review, mined in given:
        everything.add(review, mined)
        some.add(review, mined)
    data = payload(everything, NAMES)
    said = [(data["quotes"][n]["id"], data["quotes"][n]["category"]) for n in data["listed"]]
    assert said == [(r.id, one.category) for r, mined in given for one in mined.opinions]
    assert len(payload(some, NAMES)["listed"]) == 25
    assert payload(aggregate(given), NAMES)["listed"] == []


def test_review_text_stays_text() -> None:
    html = page(aggregate(hostile()), {}, PageOptions(title=ATTACK))
    tags = Tags(html).tags
    assert [tag for tag, _ in tags].count("script") == 3
    assert not [tag for tag, _ in tags if tag == "img"]
    assert not [name for _, attrs in tags for name in attrs if name.startswith("on")]
    assert "49" not in data_of(html)["title"]
    assert data_of(html)["title"] == ATTACK
    html.encode("utf-8")  # lone surrogates are escaped


def test_nothing_is_loaded_and_no_strange_script_may_run() -> None:
    html = page(aggregate(reviews(60)), NAMES)
    parsed = Tags(html)
    links = [
        value for _, attrs in parsed.tags for name, value in attrs.items()
        if name in {"src", "href", "srcset", "action", "data", "poster"}
    ]  # fmt: skip
    assert links == ["data:,"]
    style, *scripts = parsed.inside
    assert not re.search(r"//[a-z]|url\(|@import|https?:", style + scripts[-1].replace("// ", ""))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", scripts[-1])
    policy = next(a["content"] for t, a in parsed.tags if t == "meta" and "http-equiv" in a) or ""
    assert policy.startswith("default-src 'none'")
    for text in (style, scripts[-1]):
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy


def test_the_page_opens_in_the_language_of_most_reviews() -> None:
    assert data_of(page(aggregate(reviews(40, english=0.1)), NAMES))["language"] == "zh"
    assert data_of(page(aggregate(reviews(40, english=0.9)), NAMES))["language"] == "en"
    chosen = PageOptions(language=Language.ENGLISH)
    assert '<html lang="en">' in page(aggregate(reviews(40, english=0.1)), NAMES, chosen)


def test_both_languages_say_everything() -> None:
    folder = Path(page.__code__.co_filename).parent / "page"
    words = page_words()
    script = (folder / "page.js").read_text("utf-8")
    assert words["zh"].keys() == words["en"].keys()
    said = set(re.findall(r'say\("(\w+)"', script))
    assert {"byCategory", "noteInterval"} < said <= words["zh"].keys()
    for key, text in words["zh"].items():
        assert sorted(re.findall(r"\{\d\}", text)) == sorted(
            re.findall(r"\{\d\}", words["en"][key])
        )


def test_the_page_speaks_the_vocabulary() -> None:
    folder = Path(page.__code__.co_filename).parent / "page"
    chinese = json.loads((folder / "words.json").read_text("utf-8"))["zh"]
    assert not [key for key, text in chinese.items() if re.search("方面|置信度|倾向|表达", text)]
    assert (chinese["aspectMark"], chinese["confidence"]) == ("评价对象", "可信度")


def test_the_same_reviews_give_the_same_page() -> None:
    assert page(aggregate(reviews(50)), NAMES) == page(aggregate(reviews(50)), NAMES)


def test_no_time_no_trend_and_one_product_no_comparison() -> None:
    plain = [(replace(review, time=None, product="A"), mined) for review, mined in reviews(30)]
    data = data_of(page(aggregate(plain), {}))
    assert data["trend"] is None
    assert data["products"] == []
    assert data["names"]["ease_of_use"] == ["ease of use", "ease of use"]


def test_an_existing_page_is_not_replaced_unasked(tmp_path: Path) -> None:
    write_page("one", tmp_path / "page.html")
    with pytest.raises(GuandianError, match="already exists"):
        write_page("two", tmp_path / "page.html")
    write_page("two", tmp_path / "page.html", overwrite=True)
    assert (tmp_path / "page.html").read_text() == "two"


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
@pytest.mark.parametrize("kind", ["plain", "hostile", "empty"])
def test_a_browser_draws_it(kind: str, tmp_path: Path) -> None:
    shown = drawn({"plain": list(reviews(200)), "hostile": hostile(), "empty": []}[kind], tmp_path)
    assert "方法说明" in shown
    assert "<title>owned" not in shown
    assert ("模型:" in shown) == (kind != "empty")
    if kind == "plain":
        assert shown.count('class="row aspect') >= 10
        assert '<polyline class="line"' in shown
        assert "AirTone 3 耳机" in shown
    if kind == "hostile":
        assert "&lt;img src=x onerror=" in shown
        assert "<img" not in shown.split("<main")[1].split("</main>")[0]


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")
def test_long_names_of_products_differ_where_they_stand_side_by_side(tmp_path: Path) -> None:
    long = "限量版智能耳机，附赠全套配件和两年延保服务，颜色随机，第"
    given = [
        (replace(review, product=f"{long}{number % 2 + 1}代 2026 款"), mined)
        for number, (review, mined) in enumerate(reviews(40))
    ]
    heads = re.findall(r'<th scope="col"[^>]*><b>([^<]*)</b>', drawn(given, tmp_path))
    assert len({*heads}) == 2
    assert all(len(head) < 30 and "…" in head for head in heads)


def test_no_rule_of_the_style_stands_twice() -> None:
    """What is pasted into the rules for narrow screens would undo them."""
    style = Path(report_html.__file__).with_name("page") / "page.css"
    rules = [line.strip() for line in style.read_text("utf-8").splitlines()]
    rules = [rule for rule in rules if "{" in rule and rule.endswith("}")]
    assert sorted({rule for rule in rules if rules.count(rule) > 1}) == []


def test_a_confidence_is_never_rounded_up_past_the_slider() -> None:
    review, mined = next(pair for pair in reviews(20) if pair[1].opinions)
    sure = replace(mined.opinions[0], confidence=0.899685)
    total = Aggregate(listed=10)
    total.add(review, replace(mined, opinions=(sure,)))
    quotes = payload(total, NAMES, PageOptions())["quotes"]
    assert [quote["confidence"] for quote in quotes] == [0.899]
