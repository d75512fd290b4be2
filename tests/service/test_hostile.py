"""Hostile requests, harmless ones in all they carry: each is refused or inert, beside its control.

Every case names a guard. The control of a guard is the same request without what is hostile, and
it is answered well: so the case would fail were the guard not there.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.service.callers import JSON, PROBLEM, REVIEW, Caller, new_caller

from guandian.service.parts import Service
from guandian.service.settings import Limits
from guandian.store.records.key_text import is_well_formed

TEXTS = (
    "<script>document.title='x'</script>屏幕很清晰", "<img src=x onerror=alert(1)>电池不耐用",
    "=1+1屏幕很清晰", "+1 屏幕很清晰", "-1 屏幕很清晰", "@SUM(1) 屏幕很清晰", "\t=1 屏幕很清晰",
    "屏幕\u202e晰清很\u202c", "屏\u200b幕很清晰", "屏幕很清晰\u2066x\u2069", "\ufeff屏幕很清晰",
    "'; drop table reviews; -- 屏幕很清晰", "\" or 1=1 -- 电池不耐用", "{{7*7}}屏幕很清晰",
    "${7*7}屏幕很清晰", "%s%n%x屏幕很清晰", "屏幕很清晰\x00电池", "屏幕很清晰\r\nSet-Cookie: a=b",
    "../../etc/passwd 屏幕很清晰", "file:///etc/passwd 屏幕很清晰", "http://127.0.0.1/ 屏幕很清晰",
    "\u0600" * 50 + "屏幕很清晰", "Z\u0351\u036a\u0306" * 30 + "屏幕很清晰",
    "\U0001f468\u200d\U0001f469 屏幕很清晰",
    "屏幕很清晰" + "😀" * 300, "\uffff屏幕很清晰", "\U000e0041屏幕很清晰", "ａｌｅｒｔ 屏幕很清晰",
)  # fmt: skip
pytestmark = pytest.mark.slow
FIELDS = ("product", "brand", "source", "user", "time", "id")
VALUES = (
    "' or '1'='1", "\"; select 1; --", "$products", "{where}", "<b>x</b>", "=cmd", "../..",
    "%2e%2e", "\u202eabc", "a" * 499,
)  # fmt: skip
NAMES = (
    "product", "brand", "category", "aspect", "source", "language", "containing",
)  # fmt: skip
QUERIES = (
    "' or '1'='1", "\") or (\"1\"=\"1", "$since", "{source}", "a' union select 1 --", "%", "_", "*",
    "\\", "\u202eq", "屏幕'--", "read_csv('/etc/passwd')",
)  # fmt: skip
NUMBERS = ("limit", "offset", "confidence")
NO_NUMBERS = ("", " ", "-1", "1e400", "0x10", "１２", "1;drop", "NaN", "∞", "9" * 400, "[1]", "1_0")
JSON_BOMBS = (
    "[" * 40_000, '{"a":' * 9_000, "[[" * 10_000 + "]]" * 10_000, '"' + "\\u0041" * 15_000,
    '{"reviews": ' + "[" * 2_000 + "]" * 2_000 + "}", "1" * 90_000, "-" * 1000, "1e" + "9" * 1000,
    '{"' + "a" * 90_000 + '": 1}', "{" + ",".join(f'"k{k}":1' for k in range(8_000)) + "}",
    "[" + "null," * 15_000 + "null]", '{"reviews": null}', "{}{}", "{'a': 1}", "\ufeff{}", "",
)  # fmt: skip
BYTES = (
    b"\x00", b"\xff\xfe\x00\x00", b"\x80abc", b"\xed\xa0\x80", b"\xc0\xaf", b"PK\x03\x04",
    b"%PDF-1.7", b"\x1f\x8b\x08\x00", b"\x80\x04\x95pickle.", b"<?xml version='1.0'?><x/>",
    b"GIF89a", b"---\n- a\n",
)  # fmt: skip
PATHS = (
    "/v1/../v1/me/..", "/v1/jobs/%2e%2e%2f%2e%2e%2fetc", "/v1/jobs/..%2f..", "/v1/reviews/%00",
    "/v1/keys/%0d%0aSet-Cookie:a", "//v1/me", "/v1//me", "/V1/ME", "/v1/me/", "/v1/me;x=1",
    "/%2e%2e/etc/passwd", "/plain/../app.py", "/plain/%2e%2e/app.py", "/plain/..\\app.py",
    "/assets/../../settings.py", "/dashboard_files/index.html", "/.git/config", "/.env",
    "/wp-admin/x.php",
    "/v1/openapi.json/..", "/healthz/../metrics", "/metrics/", "/v1/corrections/' or 1=1 --",
)  # fmt: skip
HEADERS = (
    ("x-request-id", "a\tb"), ("x-request-id", "x" * 500), ("x-forwarded-for", "127.0.0.1"),
    ("x-forwarded-host", "evil.example"), ("host", "evil.example"), ("origin", "https://evil.example"),
    ("x-http-method-override", "DELETE"), ("accept-language", "zh" * 2000), ("accept", "text/html"),
    ("content-encoding", "gzip"), ("transfer-encoding", "identity"), ("cookie", "key=gd_live_x"),
    ("idempotency-key", "\x7f"), ("guandian-deadline", "1e309"), ("range", "bytes=0-1"),
    ("if-none-match", "*"), ("expect", "100-continue"), ("te", "trailers"), ("upgrade", "h2c"),
)  # fmt: skip


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose store holds every hostile text, and another tenant's rows."""
    folder = tmp_path_factory.mktemp("hostile") / "data"
    service = Service.open(folder, Limits(threads=1, body=100_000))
    rows = [{"id": f"{k}", "text": text, "product": text[:20]} for k, text in enumerate(TEXTS)]
    lines = "\n".join(json.dumps(row) for row in rows).encode()
    for tenant in ("main", "other"):
        job = new_caller(service, "admin", tenant=tenant).job(lines, "=x.jsonl")
        assert (job["state"], job["reviews"], job["rejected"]) == ("done", len(TEXTS) - 1, 1)
    yield service
    service.close()


@pytest.fixture
def caller(stocked: Service) -> Caller:
    return new_caller(stocked, "admin")


@pytest.fixture(scope="module")
def whole(stocked: Service) -> int:
    """How many opinions there are where nothing is chosen."""
    total: int = new_caller(stocked, "admin").get("/v1/opinions")["total"]
    return total


def refused(answer: Any) -> bool:
    """Whether an answer is a problem of the request's own."""
    assert answer.status_code < 500, answer.text
    if answer.status_code < 400:
        return False
    assert answer.headers["content-type"] == PROBLEM
    return True


def inert(answer: Any) -> None:
    """An answer that no browser takes for a page."""
    assert answer.headers["content-type"].split(";")[0] in (JSON, PROBLEM)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_texts_stay_texts(caller: Caller, text: str) -> None:
    """Mined, stored, searched and told as they are, with spans that fit."""
    answer = caller("POST", "/v1/mine", json={"reviews": [{"id": "1", "text": text}]})
    inert(answer)
    (mined,) = answer.json()["reviews"]
    assert mined["text"] == text
    for opinion in mined["opinions"]:
        span = opinion["evidence"]
        assert text[span["start"] : span["end"]] == span["text"]
    stored = caller("GET", f"/v1/reviews/{TEXTS.index(text)}")
    inert(stored)
    if "\x00" in text:  # no file of reviews may hold one
        assert refused(stored)
    else:
        assert stored.json()["text"] == text


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
@pytest.mark.parametrize("field", FIELDS)
def test_fields_stay_fields(caller: Caller, field: str, value: str) -> None:
    review = REVIEW | {field: value}
    answer = caller("POST", "/v1/mine", json={"reviews": [review]})
    inert(answer)
    assert answer.json()["reviews"][0][field] == value
    problem = caller("POST", "/v1/mine", json={"reviews": [review | {field: [value]}]})
    assert refused(problem)


@pytest.mark.parametrize("value", QUERIES, ids=range(len(QUERIES)))
@pytest.mark.parametrize("name", NAMES)
def test_choices_choose_nothing_more(caller: Caller, whole: int, name: str, value: str) -> None:
    """No value of a choice widens it; the control: without it all rows are there."""
    answer = caller("GET", "/v1/opinions", params={name: value})
    inert(answer)
    chosen = 0 if refused(answer) else answer.json()["total"]
    assert chosen < whole


@pytest.mark.parametrize("value", NO_NUMBERS)
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_numbers(caller: Caller, name: str, value: str) -> None:
    assert refused(caller("GET", "/v1/opinions", params={name: value}))
    assert not refused(caller("GET", "/v1/opinions", params={name: "1"}))


@pytest.mark.parametrize("kind", ["message", "review"])
def test_texts_in_the_inbox_stay_texts(caller: Caller, kind: str) -> None:
    """Kept as they are, with spans that fit; no draft repeats what is hostile or breaks a guard."""
    for first in range(0, len(TEXTS), 14):
        texts = TEXTS[first : first + 14]
        items = [{"kind": kind, "text": text, "rating": 1} for text in texts]
        answer = caller("POST", "/v1/assist/inbox", json={"items": items})
        assert answer.status_code == 201
        inert(answer)
        for text, item in zip(texts, answer.json()["items"], strict=True):
            assert item["text"] == text
            for opinion in item["understood"]["opinions"]:
                start, end = opinion["evidence"]["span"]
                assert text[start:end] == opinion["evidence"]["text"]
            for draft in item["drafts"]:
                assert draft["violations"] == [] and "<" not in draft["text"]


def test_the_inbox_of_others_is_closed(stocked: Service) -> None:
    owner, stranger = (new_caller(stocked, "admin", tenant=name) for name in ("other", "third"))
    item = owner.post("/v1/assist/inbox", {"items": [{"text": "急用"}]})["items"][0]
    path = f"/v1/assist/inbox/{item['id']}"
    for method, content in (("GET", None), ("PATCH", {"action": "hand_over"}), ("DELETE", None)):
        assert refused(stranger(method, path, json=content))
    assert refused(Caller(owner.app)("GET", path))
    assert owner.get(path)["item"] == item


@pytest.mark.parametrize("body", JSON_BOMBS, ids=range(len(JSON_BOMBS)))
@pytest.mark.parametrize(
    "path", ["/v1/mine", "/v1/jobs", "/v1/corrections", "/v1/keys", "/v1/assist/inbox"]
)
def test_bodies_do_not_burst(caller: Caller, path: str, body: str) -> None:
    answer = caller("POST", path, content=body.encode(), headers={"content-type": JSON})
    assert refused(answer)
    assert len(answer.content) < 10_000, "a refusal repeats nothing at length"


@pytest.mark.parametrize("content", BYTES, ids=range(len(BYTES)))
def test_bytes_are_not_run(caller: Caller, content: bytes) -> None:
    assert refused(caller("POST", "/v1/mine", content=content, headers={"content-type": JSON}))
    for name in ("x.csv", "x.xlsx", "x.parquet", "x.json.gz"):
        answer = caller("POST", "/v1/uploads", params={"name": name}, content=content * 50)
        inert(answer)
        assert refused(answer) or answer.json()["size"] == len(content) * 50


@pytest.mark.parametrize("path", PATHS)
def test_paths_lead_nowhere(caller: Caller, path: str) -> None:
    answer = caller("GET", path)
    body = answer.text
    assert "root:" not in body and "[core]" not in body and "Limits" not in body
    if not refused(answer):  # a page of the dashboard, or the address that it comes to
        assert answer.headers["content-type"].split(";")[0] in (JSON, "text/html", "text/plain")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(("name", "value"), HEADERS)
def test_headers_change_nothing(caller: Caller, name: str, value: str) -> None:
    answer = caller("GET", "/v1/me", headers={name: value})
    assert answer.status_code < 500
    assert "evil.example" not in answer.text + str(answer.headers)
    assert answer.headers["x-request-id"] != value
    stranger = Caller(caller.app)("GET", "/v1/me", headers={name: value})
    assert stranger.status_code == 401


@pytest.mark.parametrize("at", range(0, 44, 3))
def test_a_key_with_another_letter_is_none(caller: Caller, at: int) -> None:
    """Its checksum refuses it before anything is asked; the control is the key itself."""
    other = "b" if caller.key[at] == "a" else "a"
    forged = caller.key[:at] + other + caller.key[at + 1 :]
    assert is_well_formed(caller.key) and not is_well_formed(forged)
    assert Caller(caller.app, forged)("GET", "/v1/me").status_code == 401
    assert caller("GET", "/v1/me").status_code == 200


def test_other_tenants_stay_apart_whatever_is_asked(stocked: Service) -> None:
    other, stranger = (new_caller(stocked, "admin", tenant=name) for name in ("other", "third"))
    item = other.get("/v1/opinions")["items"][0]
    for name in ("tenant", "x-tenant", "Guandian-Tenant"):
        assert refused(stranger("GET", "/v1/opinions", params={name: "other"})) or name != "tenant"
        answer = stranger("GET", "/v1/opinions", headers={name: "other"})
        assert answer.json()["total"] == 0
    assert refused(stranger("GET", f"/v1/reviews/{item['review']['id']}"))
    assert refused(
        stranger("POST", "/v1/corrections", json={"opinion": item["id"], "action": "accept"})
    )
    assert other.get("/v1/opinions")["total"] > 0


def test_a_workbook_that_unfolds_is_bounded(caller: Caller) -> None:
    """A small packed file of many blank rows; the control: a small one with reviews."""
    import gzip

    bomb = gzip.compress(b"text\n" + b"\n" * 2_000_000)
    assert len(bomb) < 100_000
    answer = caller("POST", "/v1/uploads", params={"name": "x.csv.gz"}, content=bomb)
    assert answer.status_code in (201, 422)
    good = gzip.compress("text\n屏幕很清晰\n".encode())
    answer = caller("POST", "/v1/uploads", params={"name": "x.csv.gz"}, content=good)
    assert answer.json()["sample"] == [{"text": "屏幕很清晰"}]


def test_tables_run_no_formula(caller: Caller, stocked: Service) -> None:
    """The names and the rows of rejects are cells of text."""
    import csv

    job = caller.job(b'{"text": "a"}\n=1+1\n@x\n-2\n', "=cmd.jsonl")
    assert job["rejected"] == 3
    text = caller("GET", f"/v1/jobs/{job['id']}/rejects").content.decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text))
    assert head[0] == "file" and len(rows) == 3
    assert all(cell[:1] not in ("=", "+", "-", "@") for row in rows for cell in row)
