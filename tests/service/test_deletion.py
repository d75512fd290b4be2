"""The right to be forgotten: no file of the service holds a deleted review's words."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyarrow import parquet
from tests.service.callers import Caller, new_caller, problem

from guandian.cli import main as cli
from guandian.errors import GuandianError
from guandian.service.app import create_app
from guandian.service.parts import Service
from guandian.service.settings import Limits

WORDS = "独一无二的话"
FILE = f'id,text\n7,屏幕很清晰，{WORDS}\n8,电池不耐用\n9,"坏行\n'.encode()


def files_with(words: str, folder: Path) -> list[str]:
    """The files below a folder that hold words, written in any way; parts are unpacked."""
    spelled = [words.encode(), words.encode("utf-16-le"), json.dumps(words)[1:-1].encode()]
    names = []
    for path in filter(Path.is_file, folder.rglob("*")):
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += repr(parquet.read_table(path).to_pylist()).encode()
        if any(spelling in content for spelling in spelled):
            names.append(str(path.relative_to(folder)))
    return names


@pytest.fixture
def opened(data: Path) -> Iterator[Service]:
    service = Service.open(data, Limits(threads=1))
    yield service
    service.close()


def upload(caller: Caller, content: bytes, name: str = "x.csv") -> str:
    answer = caller("POST", "/v1/uploads", params={"name": name}, content=content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["upload"])


def test_no_file_holds_the_words_of_a_deleted_review(opened: Service) -> None:
    caller, folder = new_caller(opened, "admin"), opened.folder
    job = caller.job(FILE, "x.csv")
    assert job["state"] == "done", job
    (opinion,) = caller.get("/v1/opinions", params={"containing": WORDS})["items"][:1]
    caller.post("/v1/corrections", {"opinion": opinion["id"], "action": "accept"})
    waiting = upload(caller, FILE)
    wrong = caller.job(FILE, "x.csv", columns={"text": ["没有这列"]})
    assert wrong["state"] == "failed"
    before = files_with(WORDS, folder)
    assert {name.partition("/")[0] for name in before} == {"opinions", "uploads"}, before
    path = f"/v1/jobs/{job['id']}/results"
    assert [record["id"] for record in caller.get(path)["items"]] == ["7", "8"]
    assert caller("DELETE", "/v1/reviews/7").json() == {"deleted": "7"}
    assert files_with(WORDS, folder) == []
    results = caller.get(path)
    assert (results["total"], [record["id"] for record in results["items"]]) == (1, ["8"])
    problem(caller("POST", "/v1/jobs", json={"upload": waiting}), 404, "not-found")
    problem(caller("DELETE", "/v1/reviews/7"), 404, "not-found")


def test_the_command_deletes_all_that_the_service_does(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What each holds is looked for before, which proves that the search can find it."""

    def delete(*words: str) -> None:
        command = cli.load_command("store", cli.COMMANDS["store"])
        command.main(["delete", "7", "--data", str(data), *words], standalone_mode=False)

    service = Service.open(data, Limits(threads=1))
    try:
        caller = new_caller(service, "admin")
        job = caller.job(FILE, "x.csv")
        (opinion,) = caller.get("/v1/opinions", params={"containing": WORDS})["items"][:1]
        fields = {"category": "quality", "polarity": "positive", "tag": WORDS}
        more = {"opinion": opinion["id"], "action": "fix", "opinion_fields": fields}
        caller.post("/v1/corrections", more)
        upload(caller, FILE)
        with pytest.raises(GuandianError, match="another process writes"):
            delete()
    finally:
        service.close()
    names = {name.partition("/")[0] for name in files_with(WORDS, data)}
    assert names >= {"opinions", "uploads"} and any(n.startswith("records") for n in names), names
    (data / "records.sqlite").rename(data / "elsewhere")
    with pytest.raises(GuandianError, match="are in a data base"):
        delete()
    (data / "elsewhere").rename(data / "records.sqlite")
    delete()
    assert "1 条" in (said := capsys.readouterr().out) or "1 review" in said
    assert files_with(WORDS, data) == []
    with pytest.raises(GuandianError, match="holds no review 7"):
        delete()
    service = Service.open(data, Limits(threads=1))
    try:
        caller = Caller(create_app(service), caller.key)
        assert caller.get(f"/v1/jobs/{job['id']}/results")["total"] == 1
        (entry, *_) = caller.get("/v1/audit")["items"]
        assert (entry["act"], entry["who"]) == ("review.delete", "cli")
    finally:
        service.close()


def test_other_tenants_keep_theirs(opened: Service) -> None:
    mine, theirs = (new_caller(opened, "admin", tenant=name) for name in ("mine", "theirs"))
    jobs = [caller.job(FILE, "x.csv")["id"] for caller in (mine, theirs)]
    waiting = upload(theirs, FILE)
    assert mine("DELETE", "/v1/reviews/7").status_code == 200
    assert {name.split("/")[1] for name in files_with(WORDS, opened.folder)} == {"theirs"}
    assert theirs.get(f"/v1/jobs/{jobs[1]}/results")["total"] == 2
    assert theirs("POST", "/v1/jobs", json={"upload": waiting}).status_code == 202


def test_a_finished_job_leaves_its_words_to_the_store(opened: Service) -> None:
    caller = new_caller(opened, "admin")
    job = caller.job(FILE, "x.csv")
    assert not list(opened.folder.glob("uploads/*/u_*"))
    assert {name.partition("/")[0] for name in files_with(WORDS, opened.folder)} == {"opinions"}
    (record,) = caller.get(f"/v1/jobs/{job['id']}/results", params={"limit": 1})["items"]
    assert (record["id"], record["model"]) == ("7", job["model"])
    assert WORDS in record["text"] and record["opinions"]
    assert caller.job(FILE, "x.csv")["state"] == "done", "the file may be dropped again"


@pytest.mark.slow
@pytest.mark.parametrize("ends", ["done", "cancelled"])
def test_a_running_job_passes_over_what_was_deleted(data: Path, ends: str) -> None:
    """A job is interrupted, a review that it stored is deleted, and the next process goes on."""
    service = Service.open(data, Limits(threads=1))
    rows = "".join(f"{k},屏幕很清晰{k}\n" for k in range(4000))
    content = FILE.decode().rpartition('9,"')[0] + rows
    caller = new_caller(service, "admin")
    job = caller.post("/v1/jobs", {"upload": upload(caller, content.encode())})["job"]
    while caller("GET", "/v1/reviews/7").status_code == 404:
        time.sleep(0.02)
    assert caller("DELETE", "/v1/reviews/7").status_code == 200
    service.close()
    assert files_with(WORDS, data), "the control: the job still has its file"
    service = Service.open(data, Limits(threads=1))
    try:
        caller = Caller(create_app(service), caller.key)
        if ends == "cancelled":
            caller("DELETE", f"/v1/jobs/{job['id']}")
        assert caller.wait(job["id"], 120)["state"] == ends
        problem(caller("GET", "/v1/reviews/7"), 404, "not-found")
        assert caller.get("/v1/summary")["overview"]["reviews"] > 0
    finally:
        service.close()
    assert files_with(WORDS, data) == []


def test_uploads_are_removed_by_request(data: Path) -> None:
    service = Service.open(data, Limits(threads=1))
    try:
        caller = new_caller(service, "mine")
        id = upload(caller, FILE)
        assert files_with(WORDS, data), "the control"
        assert caller("DELETE", f"/v1/uploads/{id}").json() == {"deleted": id}
        assert files_with(WORDS, data) == []
        problem(caller("DELETE", f"/v1/uploads/{id}"), 404, "not-found")
        long = b"text\n" + "".join(f"屏幕很清晰{k}\n" for k in range(4000)).encode()
        id = upload(caller, long)
        job = caller.post("/v1/jobs", {"upload": id, "masking": "mask"})["job"]
        problem(caller("DELETE", f"/v1/uploads/{id}"), 409, "being-read")
        caller("DELETE", f"/v1/jobs/{job['id']}")
    finally:
        service.close()
    assert not list(data.glob("uploads/*/*.csv")), "cancelled, and nothing raw is left"


def test_a_file_that_nobody_mines_goes(data: Path) -> None:
    service = Service.open(data, Limits(threads=1))
    caller = new_caller(service, "mine")
    for name in ("old.csv", "new.csv"):
        upload(caller, f"text\n{name}\n".encode(), name)
    service.close()
    for note in data.glob("uploads/main/*.note"):
        if b"old.csv" in note.read_bytes():
            day = time.time() - 25 * 3600
            os.utime(note, (day, day))
    Service.open(data, Limits(threads=1)).close()
    assert [json.loads(path.read_bytes())["name"] for path in data.glob("uploads/main/*.note")] == [
        "new.csv"
    ]
