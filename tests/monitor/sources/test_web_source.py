"""Pages and feeds: fetched only if they changed, within bounds, never from private ranges."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.monitor.sources.miners import Finder, intake_of
from tests.monitor.sources.pages import Pages, pages

from guandian.monitor.sources import SourceFailure, TakenIn
from guandian.monitor.sources.source_positions import SourcePositions
from guandian.monitor.sources.source_terms import SourceTerms
from guandian.monitor.sources.web_source import WebSource

RSS = """<?xml version="1.0" encoding="GB18030"?><rss version="2.0"><channel><title>吐槽</title>
<item><guid>1</guid><title>电池不耐用🔋</title><link>https://h/1</link>
<description>&lt;p&gt;才半天&lt;/p&gt;</description>
<pubDate>Mon, 03 Feb 2025 23:30:00 GMT</pubDate></item>
<item><title>没有编号也没有链接</title></item></channel></rss>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry>
<id>urn:1</id><title>Bad</title><updated>2025-02-03T23:30:00+08:00</updated>
<content type="html">Bad battery &amp;amp; screen</content><author><name>li</name></author>
</entry></feed>"""


@pytest.fixture
def page() -> Iterator[Pages]:
    with pages() as its:
        yield its


def source_of(page: Pages, folder: Path, *, private: bool = True, **labels: str) -> WebSource:
    terms = SourceTerms(SourcePositions(folder / "positions.json"), private, every=0.0)
    return WebSource(page.address(), terms, labels)


def lines(*texts: str) -> bytes:
    rows = [{"text": text, "time": "2026-01-05"} for text in texts]
    return "\n".join(json.dumps(row) for row in rows).encode()


def test_a_page_is_read_when_it_changed(tmp_path: Path, page: Pages) -> None:
    finder = Finder()
    with intake_of(tmp_path / "shop", finder) as intake:
        source = source_of(page, tmp_path, product="X200")
        page.content, page.headers = lines("电池不耐用🔋", "电池很好用"), {"ETag": '"1"'}
        assert intake.take(source) == TakenIn(2)
        assert intake.take(source) == TakenIn()
        assert intake.take(source_of(page, tmp_path)) == TakenIn()  # by another process
        assert page.asked[-1]["if-none-match"] == '"1"' and len(page.asked) == 3
        page.content, page.headers = lines("新的一条", "电池不耐用🔋", "电池很好用"), {}
        assert intake.take(source) == TakenIn(1, 2)  # whatever row they are in now
        assert intake.take(source) == TakenIn()
        assert finder.texts == 3
        assert {review.product for review, _ in intake.store.reader().reviews()} == {"X200"}


def test_a_table_of_cells_is_read_too(tmp_path: Path, page: Pages) -> None:
    page.kind = "text/csv; charset=utf-8"
    page.content = "编号,评论,日期\n1,电池不耐用🔋,2026-01-05\n2,电池很好用,2026-01-06\n".encode()
    with closing(source_of(page, tmp_path)) as source:
        reviews = source.take(10, 0).reviews
    assert [(review.id, review.time) for review in reviews] == [
        ("1", "2026-01-05"),
        ("2", "2026-01-06"),
    ]


@pytest.mark.parametrize(
    ("content", "name", "text", "time", "user"),
    [
        (RSS.encode("gb18030"), "1", "电池不耐用🔋\n<p>才半天</p>", "2025-02-03T23:30:00Z", None),
        (ATOM.encode(), "urn:1", "Bad battery &amp; screen", "2025-02-03T15:30:00Z", "li"),
    ],
)
def test_feeds(
    tmp_path: Path, page: Pages, content: bytes, name: str, text: str, time: str, user: str | None
) -> None:
    page.content, page.kind = content, "application/xml"
    with closing(source_of(page, tmp_path)) as source:
        (review,) = source.take(10, 0).reviews
    assert (review.id, review.text) == (f"127.0.0.1:{name}", text)
    assert (review.time, review.user, review.source) == (time, user, "127.0.0.1")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'<!DOCTYPE r [<!ENTITY a "aa">]><rss version="2.0"><channel/></rss>', "entities"),
        ('<!DOCTYPE r [<!ENTITY a "aa">]><rss/>'.encode("utf-16"), "entities"),
        (b"<html><body>moved</body></html>", "no feed"),
        (b"\x00\x01\x02", "page"),
    ],
)
def test_what_holds_no_reviews_is_a_failure(
    tmp_path: Path, page: Pages, content: bytes, why: str
) -> None:
    page.content, page.kind = content, "text/xml" if b"<" in content else "text/plain"
    with pytest.raises(SourceFailure, match=why):
        source_of(page, tmp_path).take(10, 0)


def test_what_grows_endlessly_is_broken_off(
    tmp_path: Path, page: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guandian.monitor.sources.web_page._LARGEST", 1 << 20)
    page.content = gzip.compress(b"a" * (2 << 20))
    page.headers = {"Content-Encoding": "gzip"}
    with pytest.raises(SourceFailure, match="more than 1,048,576 bytes"):
        source_of(page, tmp_path).take(10, 0)


def test_nothing_is_asked_in_a_private_range(
    tmp_path: Path, page: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SourceFailure, match="private range"):
        source_of(page, tmp_path, private=False).take(10, 0)
    verdicts = iter([True])  # a public page that leads on to a private one
    monkeypatch.setattr("guandian.monitor.sources.web_page.is_private_name", lambda _: False)
    monkeypatch.setattr(
        "guandian.monitor.channels.guarded.is_public", lambda _: next(verdicts, False)
    )
    with pages() as inner:
        page.status, page.headers = 307, {"Location": inner.address()}
        with pytest.raises(SourceFailure, match=r"private range: 127\.0\.0\.1"):
            source_of(page, tmp_path, private=False).take(10, 0)
        assert len(page.asked) == 1 and not inner.asked


def test_no_secret_is_told(tmp_path: Path, page: Pages, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    page.status = 503
    source = source_of(page, tmp_path)
    with pytest.raises(SourceFailure, match="answered 503") as failure:
        source.take(10, 0)
    page.status, page.content = 200, lines("电池不耐用🔋")
    source.take(10, 0)
    source.take(10, 0)
    known = (tmp_path / "positions.json").read_text()
    for words in (source.name, str(failure.value), caplog.text, known):
        assert "s3cret" not in words
