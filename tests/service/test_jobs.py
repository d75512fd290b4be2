"""Files: what people drop is looked at, mined in the background, stored, and resumed."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import time
from pathlib import Path

import pytest
from tests.service.callers import Caller, new_caller, problem

from guandian.assets import assets
from guandian.files import unsafe
from guandian.service.app import create_app
from guandian.service.parts import Service
from guandian.service.settings import Limits

ROWS = (
    ("评价内容", "商品", "评分"),
    ("屏幕很清晰，但是电池不耐用", "手机A", "4"),
    ("物流很快，包装完好", "手机B", "5"),
)
EXAMPLES = (assets() / "examples" / "reviews.csv").read_bytes()


def csv_of(rows: tuple[tuple[str, ...], ...] = ROWS, encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode(encoding)


def excel_of(rows: tuple[tuple[str, ...], ...] = ROWS) -> bytes:
    from openpyxl import Workbook

    book, file = Workbook(), io.BytesIO()
    assert book.active is not None
    book.active.title = "评论"
    for row in rows:
        book.active.append(row)
    book.create_sheet("别的").append(["编号", "数量"])
    book.save(file)
    return file.getvalue()


def lines_of(rows: tuple[tuple[str, ...], ...] = ROWS) -> bytes:
    head, *body = rows
    objects = (dict(zip(head, row, strict=True)) for row in body)
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in objects).encode()


FORMATS = {
    "评论.csv": csv_of(),
    "gb.csv": csv_of(encoding="gb18030"),
    "评论.xlsx": excel_of(),
    "lines.jsonl": lines_of(),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_becomes_opinions(service: Service, name: str) -> None:
    caller = new_caller(service, "read", "mine", tenant=f"t-{list(FORMATS).index(name)}")
    answer = caller("POST", "/v1/uploads", params={"name": name}, content=FORMATS[name])
    assert answer.status_code == 201
    upload = answer.json()
    assert upload["name"] == name and upload["size"] == len(FORMATS[name])
    assert upload["columns"] == list(ROWS[0])
    assert upload["guess"] == {"text": ["评价内容"], "product": "商品", "rating": "评分"}
    assert upload["sample"] == [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]
    assert upload["rows"] in (2, None)
    job = caller.job(FORMATS[name], name)
    assert (job["state"], job["reviews"], job["rejected"]) == ("done", 2, 0)
    assert job["opinions"] >= 3 and job["model"].startswith("guandian-small@")
    overview = caller.get("/v1/summary")["overview"]
    assert (overview["reviews"], overview["opinions"]) == (2, job["opinions"])
    results = caller.get(f"/v1/jobs/{job['id']}/results", params={"limit": 1, "offset": 1})
    assert results["total"] == 2
    assert [record["text"] for record in results["items"]] == ["物流很快，包装完好"]
    again = caller.job(FORMATS[name], name)
    assert caller.get("/v1/summary")["overview"] == overview, "the same file counts once"
    assert {row["id"] for row in caller.get("/v1/jobs")["items"]} == {job["id"], again["id"]}


def test_every_row_is_told(service: Service) -> None:
    """Rows without a text and lines within a cell: the total is of rows, once all are read."""
    caller = new_caller(service, "read", "mine", tenant="rows")
    rows = (*ROWS, ("", "手机C", "3"), ("屏幕很清晰\n电池耐用", "手机C", "5"))
    for content, name in ((csv_of(rows), "r.csv"), (excel_of(rows), "r.xlsx")):
        job = caller.job(content, name)
        counts = [job[key] for key in ("reviews", "skipped", "rejected", "total")]
        assert (job["state"], counts) == ("done", [3, 1, 0, 4]), name


def test_ids_that_stand_twice_are_told(service: Service) -> None:
    caller = new_caller(service, "read", "mine", tenant="twice")
    rows = (("编号", "评价"), ("7", "屏幕很清晰"), ("7", "电池不耐用"), ("8", "物流很快"))
    job = caller.job(csv_of(rows), "i.csv", columns={"text": ["评价"], "id": "编号"})
    assert (job["state"], job["reviews"], job["repeated"]) == ("done", 3, 1)
    assert caller.get("/v1/summary")["overview"]["reviews"] == 2, "the last of an id is kept"
    assert caller.get("/v1/reviews/7")["text"] == "电池不耐用"


def test_a_workbook_has_no_lines(service: Service) -> None:
    caller = new_caller(service, "read", "mine", tenant="lines")
    rows = (("评价",), *((f"屏幕很清晰{k}",) for k in range(300)))
    upload = caller("POST", "/v1/uploads", params={"name": "x.xlsx"}, content=excel_of(rows)).json()
    job = caller.post("/v1/jobs", {"upload": upload["upload"]})["job"]
    totals = {job["total"]}
    while not job["finished"]:
        job = caller.get(f"/v1/jobs/{job['id']}")["job"]
        totals.add(job["total"])
    assert totals <= {None, 300} and job["total"] == 300


def test_columns_are_chosen_by_request(service: Service) -> None:
    caller = new_caller(service, "read", "mine", tenant="columns")
    rows = (("甲", "乙"), ("电池不耐用", "屏幕很清晰"))
    job = caller.job(csv_of(rows), "x.csv", columns={"text": ["乙"], "product": "甲"})
    assert job["state"] == "done"
    (item,) = caller.get("/v1/opinions")["items"]
    assert (item["review"]["text"], item["review"]["product"]) == ("屏幕很清晰", "电池不耐用")
    job = caller.job(csv_of(rows), "x.csv", columns={"text": ["丙"]})
    assert job["state"] == "failed" and "丙" in job["error"] and "/" not in job["error"]


def test_two_files_without_ids_do_not_overwrite_each_other(service: Service) -> None:
    caller = new_caller(service, "read", "mine", tenant="ids")
    for text in ("屏幕很清晰", "电池不耐用"):
        caller.job(csv_of((("评价",), (text,))), "x.csv")
    items = caller.get("/v1/opinions")["items"]
    assert {item["review"]["text"] for item in items} == {"屏幕很清晰", "电池不耐用"}


def test_rejects_are_a_table_that_runs_nothing(service: Service) -> None:
    caller = new_caller(service, "read", "mine", tenant="rejects")
    good = json.dumps({"text": "屏幕很清晰"}, ensure_ascii=False)
    wrong = '=1+1 {"text": '
    job = caller.job(f"{good}\n{wrong}\n".encode(), "=x.jsonl")
    assert (job["state"], job["reviews"], job["rejected"]) == ("done", 1, 1)
    answer = caller("GET", f"/v1/jobs/{job['id']}/rejects")
    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row["file"][0] == row["row"][0] == "'"
    assert (unsafe(row["file"]), row["line"]) == ("=x.jsonl", "2")
    assert unsafe(row["row"]).rstrip("\n") == wrong
    assert "attachment" in answer.headers["content-disposition"]


def test_progress_is_told_to_the_end(service: Service) -> None:
    caller = new_caller(service, "mine", tenant="progress")
    upload = caller("POST", "/v1/uploads", params={"name": "r.csv"}, content=EXAMPLES).json()
    job = caller.post("/v1/jobs", {"upload": upload["upload"]})["job"]
    answer = caller("GET", f"/v1/jobs/{job['id']}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    blocks = [block.split("\n") for block in answer.text.split("\n\n") if block.startswith("event")]
    events = [(name.removeprefix("event: "), json.loads(data[6:])) for name, data in blocks]
    assert [name for name, _ in events[:-1]] == ["progress"] * (len(events) - 1)
    name, last = events[-1]
    assert (name, last["state"], last["reviews"], last["total"]) == ("end", "done", 231, 231)
    seen = [data["reviews"] for _, data in events]
    assert seen == sorted(seen)


def test_a_replayed_request_makes_one_job(service: Service) -> None:
    caller = new_caller(service, "mine", tenant="replay")
    upload = caller("POST", "/v1/uploads", params={"name": "r.csv"}, content=csv_of()).json()
    body, headers = {"upload": upload["upload"]}, {"idempotency-key": "k1"}
    first, second = (caller.post("/v1/jobs", body, headers=headers) for _ in range(2))
    assert first == second
    other = {**body, "masking": "mask"}
    answer = caller("POST", "/v1/jobs", json=other, headers=headers)
    problem(answer, 422, "idempotency")
    third = caller.post("/v1/jobs", body, headers={"idempotency-key": "k2"})
    assert third["job"]["id"] != first["job"]["id"]
    assert caller.get("/v1/jobs")["total"] == 2
    stranger = new_caller(service, "mine", tenant="replay-2")
    answer = stranger("POST", "/v1/jobs", json=body, headers=headers)
    problem(answer, 404, "not-found")


def test_masked_jobs_keep_no_raw_words(service: Service) -> None:
    caller = new_caller(service, "read", "mine", tenant="masked")
    secret = "13800138000"
    rows = (("评价", "联系电话"), (f"屏幕很清晰，打{secret}找我", secret))
    job = caller.job(csv_of(rows), "x.csv", masking="mask")
    assert job["state"] == "done"
    (item,) = caller.get("/v1/opinions")["items"]
    assert item["review"]["text"] == "屏幕很清晰，打[手机号]找我"
    kept = [path for path in service.folder.rglob("*") if path.is_file() and "masked" in str(path)]
    assert kept, "the control: something is kept"
    assert not [path for path in kept if secret.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("reviews.exe", b"text\nx\n", "format"),
        ("reviews", b"text\nx\n", "format"),
        ("", b"x", "invalid"),
        ("x.csv", b"", "empty"),
        ("x.xlsx", b"PK\x03\x04 not a workbook", "unreadable"),
        ("x.csv", bytes(range(256)) * 40, "unreadable"),
        ("x.parquet", b"PAR1", "unreadable"),
        ("x.json", b"{", "unreadable"),
    ],
)
def test_files_that_are_none(admin: Caller, name: str, content: bytes, kind: str) -> None:
    answer = admin("POST", "/v1/uploads", params={"name": name}, content=content)
    told = problem(answer, 422, kind)
    assert "/uploads/" not in told["detail"]


def test_a_file_that_is_too_long(admin: Caller, service: Service) -> None:
    for size, status in ((service.limits.upload + 1, 413), (service.limits.upload // 2, 201)):
        content = b"text\n" + "好".encode() * (size // 3)
        answer = admin("POST", "/v1/uploads", params={"name": "x.csv"}, content=content)
        assert answer.status_code == status, answer.text


def test_names_lead_nowhere(admin: Caller, service: Service) -> None:
    for name in ("../../x.csv", "..%2fx.csv", "/etc/x.csv", "a\\b.csv", "x\x00.csv", "x\n.csv"):
        answer = admin("POST", "/v1/uploads", params={"name": name}, content=csv_of())
        assert answer.status_code == 201
        assert not set("/\\\x00\n") & set(answer.json()["name"])
    inside = service.folder / "uploads"
    assert {path.parent.parent for path in service.folder.parent.rglob("*.csv")} == {inside}
    for id in ("../main/u_1", "u_" + "0" * 24, "u_x", "..", "a" * 5000, "u_%2e"):
        answer = admin("POST", "/v1/jobs", json={"upload": id})
        assert answer.status_code in (404, 422), answer.text


def test_tenants_do_not_see_each_other(service: Service) -> None:
    """The control stands in every line: the owner is answered where the stranger is not."""
    owner = new_caller(service, "admin", tenant="owner")
    stranger = new_caller(service, "admin", tenant="stranger")
    job = owner.job(csv_of(), "x.csv")
    upload = owner("POST", "/v1/uploads", params={"name": "x.csv"}, content=csv_of()).json()
    opinion = owner.get("/v1/opinions")["items"][0]
    paths = [
        f"/v1/jobs/{job['id']}", f"/v1/jobs/{job['id']}/results", f"/v1/jobs/{job['id']}/rejects",
        f"/v1/jobs/{job['id']}/events", f"/v1/reviews/{opinion['review']['id']}",
    ]  # fmt: skip
    for path in paths:
        assert owner("GET", path).status_code == 200, path
        problem(stranger("GET", path), 404, "not-found")
    told = problem(stranger("DELETE", f"/v1/jobs/{job['id']}"), 404, "not-found")
    assert told["exists"] == []
    problem(stranger("POST", "/v1/jobs", json={"upload": upload["upload"]}), 404, "not-found")
    say = {"opinion": opinion["id"], "action": "accept"}
    problem(stranger("POST", "/v1/corrections", json=say), 404, "not-found")
    assert owner("POST", "/v1/corrections", json=say).status_code == 201
    problem(stranger("DELETE", f"/v1/reviews/{opinion['review']['id']}"), 404, "not-found")
    for path in ("/v1/opinions", "/v1/jobs", "/v1/corrections", "/v1/search?words=屏幕"):
        assert stranger.get(path)["total"] == 0, path
        assert owner.get(path)["total"] > 0, path
    assert stranger.get("/v1/summary")["overview"]["reviews"] == 0
    assert len(stranger.get("/v1/keys")["keys"]) == 1


@pytest.mark.slow
def test_a_job_is_cancelled_and_one_that_ended_is_forgotten(data: Path) -> None:
    service = Service.open(data, Limits(threads=1))
    try:
        caller = new_caller(service, "mine")
        big = b"text\n" + "".join(f"屏幕很清晰{k}\n" for k in range(20_000)).encode()
        upload = caller("POST", "/v1/uploads", params={"name": "x.csv"}, content=big).json()
        jobs = [caller.post("/v1/jobs", {"upload": upload["upload"]})["job"] for _ in range(2)]
        for job in jobs[::-1]:  # the second waits, the first runs
            gone = caller("DELETE", f"/v1/jobs/{job['id']}").json()["job"]
            assert gone["state"] == "cancelled"
            assert caller.wait(job["id"])["state"] == "cancelled"
        assert caller("DELETE", f"/v1/jobs/{jobs[0]['id']}").status_code == 200
        problem(caller("GET", f"/v1/jobs/{jobs[0]['id']}"), 404, "not-found")
        assert caller.job(csv_of(), "y.csv")["state"] == "done", "the next one runs"
    finally:
        service.close()


@pytest.mark.slow
def test_a_job_goes_on_in_the_next_process(data: Path) -> None:
    """The service ends in the middle of a job; the next one over the folder finishes it."""
    service = Service.open(data, Limits(threads=1))
    caller = new_caller(service, "admin")
    content = b"text\n" + "".join(f"屏幕很清晰{k}\n" for k in range(4000)).encode()
    upload = caller("POST", "/v1/uploads", params={"name": "x.csv"}, content=content).json()
    job = caller.post("/v1/jobs", {"upload": upload["upload"]})["job"]
    while not caller.get(f"/v1/jobs/{job['id']}")["job"]["reviews"]:
        time.sleep(0.02)
    service.close()
    state = Service.open(data, Limits(threads=1))
    try:
        caller = Caller(create_app(state), caller.key)
        ended = caller.wait(job["id"], 120)
        assert (ended["state"], ended["reviews"]) == ("done", 4000), ended["error"]
        assert caller.get("/v1/summary")["overview"]["reviews"] == 4000
    finally:
        state.close()


@pytest.mark.slow
def test_streams_end_when_the_service_does(data: Path) -> None:
    service = Service.open(data, Limits(threads=1))
    try:
        caller = new_caller(service, "mine")
        content = b"text\n" + "".join(f"屏幕很清晰{k}\n" for k in range(20_000)).encode()
        upload = caller("POST", "/v1/uploads", params={"name": "x.csv"}, content=content).json()
        job = caller.post("/v1/jobs", {"upload": upload["upload"]})["job"]

        async def watch() -> str:
            stream = asyncio.ensure_future(caller.ask("GET", f"/v1/jobs/{job['id']}/events"))
            await asyncio.sleep(0.6)
            assert not stream.done()
            service.ending.set()
            return (await asyncio.wait_for(stream, 10)).text

        text = asyncio.run(watch())
        assert "event: progress" in text and "event: end" not in text
        problem(caller("GET", "/readyz"), 503, "ending")
    finally:
        service.close()
