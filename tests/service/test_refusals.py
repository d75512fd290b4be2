"""Every error is a problem document, and each guard is shown to let good requests pass."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.service.callers import JSON, REVIEW, Caller, new_caller, problem

from guandian.service.middleware.observing import SAFETY
from guandian.service.parts import Service
from guandian.service.settings import Limits

GOOD = {"reviews": [REVIEW]}


def test_a_good_request_passes_each_guard(admin: Caller) -> None:
    """The control of all refusals below."""
    answer = admin("POST", "/v1/mine", json=GOOD)
    assert answer.status_code == 200
    assert [o["polarity"] for o in answer.json()["reviews"][0]["opinions"]] == [
        "positive", "negative",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "authorization",
    [
        "", "Bearer", "Bearer ", "Basic Zzo6", "Bearer gd_live_x", "bearer {key}x",
        "Bearer {wrong}", "Bearer {forged}", "Bearer {key} {key}", "Token {key}",
        "Bearer \u00e9\u00e9",
    ],
)  # fmt: skip
def test_keys_that_are_none(admin: Caller, authorization: str) -> None:
    key = admin.key
    k = next(k for k in range(10, 30) if key[k] != key[k + 1])
    swapped = key[:k] + key[k + 1] + key[k] + key[k + 2 :]
    last = "a" if key[-1] != "a" else "b"
    told = authorization.format(key=key, wrong=swapped, forged=key[:-1] + last)
    headers = {"authorization": told.encode()} if told else {}
    answer = Caller(admin.app)("POST", "/v1/mine", json=GOOD, headers=headers)
    problem(answer, 401, "no-key")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_scopes_are_told(service: Service) -> None:
    reader = new_caller(service, "read")
    told = problem(reader("POST", "/v1/mine", json=GOOD), 403, "scope")
    assert "'mine'" in told["detail"] and "read" in told["remedy"]
    assert reader("GET", "/v1/summary").status_code == 200
    miner = new_caller(service, "mine")
    problem(miner("GET", "/v1/summary"), 403, "scope")
    assert miner("POST", "/v1/mine", json=GOOD).status_code == 200
    for caller in (reader, miner):
        for method, path in (("GET", "/v1/keys"), ("POST", "/v1/models/rollback")):
            problem(caller(method, path), 403, "scope")


def test_what_all_tenants_share_is_changed_by_the_first_alone(service: Service) -> None:
    other = new_caller(service, "admin", tenant="other")
    assert other("GET", "/v1/keys").status_code == 200
    problem(other("POST", "/v1/models", json={"path": "guandian-small"}), 403, "tenant")
    problem(other("GET", "/metrics"), 403, "tenant")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"{", 400, "json"),
        (b"", 400, "json"),
        (b"\xff\xfe{}", 400, "json"),
        (b'{"reviews": [], "reviews": []}', 400, "json"),
        (b"[" * 50_000, 400, "json"),
        (b'{"reviews":' * 5_000 + b"1" + b"}" * 5_000, 400, "json"),
        (b'{"reviews": [{"id": "1", "text": "\\ud83d"}]}', 400, "json"),
        (b'{"reviews": [{"id": "1", "text": "a", "rating": ' + b"9" * 5000 + b"}]}", 400, "json"),
        (b'{"reviews": [{"id": "1", "text": "a", "rating": NaN}]}', 422, "invalid"),
        (b'{"reviews": [{"id": "1", "text": "a", "rating": 1e999}]}', 422, "invalid"),
        (b'{"reviews": [{"id": "1"}]}', 422, "invalid"),
        (b'{"reviews": [{"id": "", "text": "a"}]}', 422, "invalid"),
        (b'{"reviews": {}}', 422, "invalid"),
        (b'{"reviews": [], "model": "x"}', 422, "invalid"),
        (b'{"reviews": [], "masking": "maybe"}', 422, "invalid"),
        (b'{"reviews": [], "tasks": ["jokes"]}', 422, "invalid"),
        (b"null", 422, "invalid"),
        (b"7", 422, "invalid"),
        (b'"reviews"', 422, "invalid"),
        (b" " * 100_001, 413, "body"),
    ],
)
def test_bodies_that_are_refused(admin: Caller, body: bytes, status: int, kind: str) -> None:
    answer = admin("POST", "/v1/mine", content=body, headers={"content-type": JSON})
    problem(answer, status, kind)


def test_the_place_is_told(admin: Caller) -> None:
    reviews = [REVIEW, REVIEW | {"text": 5, "a/b~c": "1"}]
    told = problem(admin("POST", "/v1/mine", json={"reviews": reviews}), 422, "invalid")
    assert {entry["path"] for entry in told["errors"]} == {
        "/reviews/1/text", "/reviews/1/a~1b~0c",
    }  # fmt: skip
    told = problem(admin("GET", "/v1/opinions?limit=1_0&since=2026-02-30&nosuch=1"), 422, "invalid")
    assert {entry["path"] for entry in told["errors"]} == {"?limit", "?since", "?nosuch"}


def test_other_contents_are_refused(admin: Caller) -> None:
    body = json.dumps(GOOD).encode()
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/xml", ""):
        answer = admin("POST", "/v1/mine", content=body, headers={"content-type": kind})
        problem(answer, 415, "content-type")
    for kind in (JSON, "application/json; charset=utf-8", "application/vnd.x+json"):
        answer = admin("POST", "/v1/mine", content=body, headers={"content-type": kind})
        assert answer.status_code == 200, kind


def test_addresses_and_methods(admin: Caller) -> None:
    told = problem(admin("GET", "/v1/opinion"), 404, "no-such-path")
    assert "/v1/opinions" in told["exists"]
    answer = admin("PUT", "/v1/mine")
    problem(answer, 405, "method")
    assert answer.headers["allow"] == "POST"
    answer = admin("PUT", "/v1/keys")
    assert answer.headers["allow"] == "GET, POST"
    assert problem(answer, 405, "method")["remedy"] == "it takes GET, POST"
    assert admin("PUT", "/v1/reviews/a/b").headers["allow"] == "DELETE, GET"
    problem(Caller(admin.app)("GET", "/nosuch.js"), 404, "no-such-path")
    page = Caller(admin.app)("GET", "/").text  # the dashboard's, which answers for its routes
    outside = ("/%2e%2e/%2e%2e/etc/passwd", "/v1/jobs/../../etc/passwd%00")
    for path in (*outside, "/plain/..%2f..%2fapp.py", "/plain/%00"):
        answer = Caller(admin.app)("GET", path)
        if answer.text != page:
            problem(answer, 404, "no-such-path")
    assert Caller(admin.app)("GET", "/plain/plain.css").status_code == 200
    told = problem(admin("GET", "/v1/jobs/j_0000000000000000"), 404, "not-found")
    assert told["exists"] == []


def test_what_is_wrong_is_told_in_chinese(admin: Caller) -> None:
    """No words of English stand in it but those that the caller wrote, or that name something."""
    review = {"id": "1", "text": "x"}
    key = {"name": "a", "scopes": ["read"]}
    span = {"aspect": {"start": 1, "end": 9}, "category": "quality", "polarity": "positive"}
    mined = {"opinion_fields": span, "action": "add", "review": "1"}
    wrong: list[Any] = [
        ("GET", "summary?since=x", "日期"),
        ("GET", "summary?x=1", "没有这个名称"),
        ("GET", "summary?confidence=2", "不大于"),
        ("GET", "summary?corrected=perhaps", "true"),
        ("GET", "changes?unit=aeon", "下列之一"),
        ("GET", "changes?before_since=2026-01-01", "四个日期"),
        ("GET", "opinions?limit=1_000", "整数"),
        ("GET", "search", "缺少"),
        ("GET", "search?words=", "至少"),
        ("POST", "mine", {}, "缺少"),
        ("POST", "mine", {"reviews": [review] * 200}, "条评论"),
        ("POST", "mine", {"reviews": [{"id": "1"}]}, "缺少"),
        ("POST", "mine", {"reviews": [review], "tasks": ["x"]}, "任务"),
        ("POST", "mine", {"reviews": [review], "categories": ["x"]}, "类别"),
        ("POST", "mine", {"reviews": [review], "masking": "x"}, "下列之一"),
        ("POST", "mine", {"reviews": [review | {"text": "x" * 20_001}]}, "个字"),
        ("POST", "mine", {"reviews": [review | {"rating": "good"}]}, "数"),
        ("POST", "mine", {"reviews": review}, "列表"),
        ("POST", "keys", key | {"scopes": []}, "至少"),
        ("POST", "keys", key | {"expires": "yesterday"}, "时间"),
        ("POST", "corrections", {"action": "accept"}, "观点"),
        ("POST", "aspects", {"action": "x"}, "下列之一"),
        ("POST", "embeddings", {"texts": [1]}, "文字"),
        ("POST", "corrections", mined, "评论"),
    ]
    english = re.compile(r"[a-z]{2,} [a-z]{2,}")
    for method, path, *body, words in wrong:
        sent = {"json": body[0]} if body else {}
        answer = admin(method, f"/v1/{path}", **sent)
        document = answer.json()
        assert 400 <= answer.status_code < 500, (path, body, document)
        places = [place["detail_zh"] for place in document.get("errors", ())]
        assert any(words in told for told in (document["detail_zh"], *places)), document
        for told in (document["detail_zh"], document.get("remedy_zh", ""), *places):
            assert not english.search(told), (path, told)
        answer = admin(method, f"/v1/{path}", headers={"accept-language": "zh"}, **sent)
        document = answer.json()
        assert [place["detail"] for place in document.get("errors", ())] == places
    twice = admin("POST", "/v1/mine", content=b'{"a": 1, "a": 2}', headers={"content-type": JSON})
    assert problem(twice, 400, "json")["detail_zh"].endswith("键 'a' 在一个对象中出现两次")


def test_a_fault_of_the_service_is_not_the_callers(data: Path) -> None:
    service = Service.open(data, Limits(threads=1))
    try:
        caller, body = new_caller(service, "mine"), {"reviews": [REVIEW], "masking": "pseudonym"}
        assert caller("POST", "/v1/mine", json=body).status_code == 200
        (data / "keys.secret").chmod(0o644)
        answer = caller("POST", "/v1/mine", json=body)
        problem(answer, 503, "storage")
        assert "keys.secret" not in answer.text
    finally:
        service.close()


def test_categories_that_no_model_has(admin: Caller) -> None:
    body = {"reviews": [REVIEW], "categories": ["performance", "nope"]}
    told = problem(admin("POST", "/v1/mine", json=body), 422, "invalid")
    assert told["errors"][0]["path"] == "/categories/1" and "performance" in told["remedy"]
    body["categories"] = ["performance"]
    assert admin("POST", "/v1/mine", json=body).status_code == 200


def test_lengths_that_are_none(admin: Caller) -> None:
    for length in ("x", "-1", "1e3", "٣"):
        headers = {"content-length": length.encode(), "content-type": JSON}
        answer = admin("POST", "/v1/mine", content=b"{}", headers=headers)
        problem(answer, 400, "length")


def test_errors_speak_the_language_that_is_asked_for(admin: Caller) -> None:
    words = problem(Caller(admin.app)("GET", "/v1/me"), 401, "no-key")
    asked = {"accept-language": "zh-CN,zh;q=0.9"}
    chinese = problem(Caller(admin.app)("GET", "/v1/me", headers=asked), 401, "no-key")
    assert words["detail"] == "the request holds no key"
    assert chinese["detail"] == words["detail_zh"] == "请求没有带密钥"


def test_headers_of_safety_stand_on_every_answer(admin: Caller) -> None:
    for method, path in (
        ("GET", "/"),
        ("GET", "/v1/me"),
        ("GET", "/nosuch.js"),
        ("PUT", "/v1/mine"),
    ):
        for caller in (admin, Caller(admin.app)):
            headers: Any = caller(method, path).headers
            assert {name: headers[name] for name in SAFETY} == SAFETY
            policy = headers["content-security-policy"]
            assert "unsafe" not in policy and "default-src 'none'" in policy
            assert "access-control-allow-origin" not in headers
    assert admin("GET", "/v1/me").headers["cache-control"] == "no-store"


def test_another_origin_is_not_let_in(admin: Caller) -> None:
    asked = {"origin": "https://elsewhere.example", "access-control-request-method": "POST"}
    answer = Caller(admin.app)("OPTIONS", "/v1/mine", headers=asked)
    assert answer.status_code in (401, 405)
    assert not [name for name in answer.headers if name.startswith("access-control")]
