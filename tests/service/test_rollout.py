"""A candidate beside the model: copies, a share, figures, promotion, and the way back."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.service.callers import REVIEW, new_caller, problem

from guandian.bundle import Bundle, amend_bundle, shipped
from guandian.domain import Language, Mined, Opinion, Polarity, Sentiment, Span
from guandian.service.parts import Service
from guandian.service.rollout.proposing import WINDOW, DriftWatch
from guandian.service.settings import Limits

PARTS = ("屏幕", "键盘", "电池", "音质", "外壳", "摄像头", "充电器", "系统", "包装", "客服")
TEXTS = [
    f"{part}还行，就是{other}有点那个，凑合吧"
    for part in PARTS
    for other in PARTS[:2]
    if part != other
][:14]


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped bundle, but it tells only what it is very sure of."""
    folder = Path(shutil.copytree(shipped(), tmp_path_factory.mktemp("quiet") / "bundle"))
    bundle = Bundle.open(folder)
    opinions: Any = bundle.manifest.calibration["opinions"]
    calibration = {**bundle.manifest.calibration, "opinions": {**opinions, "threshold": 0.85}}
    amend_bundle(bundle, calibration=calibration, version="0.0.1")
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Service]:
    """A service of a test's own."""
    service = Service.open(tmp_path / "data", Limits(threads=1))
    yield service
    service.close()


def wait(true: Callable[[], Any], seconds: float = 60) -> Any:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if value := true():
            return value
        time.sleep(0.05)
    raise AssertionError("it did not come true")


def reviews(*texts: str) -> dict[str, Any]:
    return {"reviews": [{"id": f"r{k}", "text": text} for k, text in enumerate(texts)]}


def test_a_candidate_reads_copies_then_answers_a_share(own: Service, quiet: Path) -> None:
    admin, other = new_caller(own, "admin"), new_caller(own, "mine")
    before = own.model.current
    for method, path in (
        ("GET", "/v1/models/candidate"), ("POST", "/v1/models/promote"),
    ):  # fmt: skip
        problem(admin(method, path), 409, "trial")
    problem(admin("PATCH", "/v1/models/candidate", json={"share": 0.5}), 409, "trial")
    problem(admin("POST", "/v1/models/candidate", json={"path": "guandian-small"}), 422, "model")
    problem(other("POST", "/v1/models/candidate", json={"path": str(quiet)}), 403, "scope")
    trial = admin.post("/v1/models/candidate", {"path": str(quiet)})["trial"]
    assert (trial["share"], trial["copied"]) == (0, 0)

    alone = other.post("/v1/mine", reviews(*TEXTS))
    assert alone["model"] == before.miner.model, "nobody gets an answer of a copy"
    wait(lambda: admin.get("/v1/models")["trial"]["copied"] == len(TEXTS))
    figures = admin.get("/v1/models/candidate")
    copies = figures["copies"]
    assert copies["reviews"] == len(TEXTS) and figures["corrected"]["reviews"] == 0
    assert copies["opinions"]["candidate"] < copies["opinions"]["incumbent"]
    agreement = copies["agreement"]
    assert agreement["low"] <= agreement["value"] < 1 and agreement["value"] <= agreement["high"]
    assert copies["same_sentiment"]["value"] == 1, "the same network reads both"
    assert copies["confidence"]["gain"]["low"] > 0, "it says only what it is sure of"

    admin("PATCH", "/v1/models/candidate", json={"share": 0.5})
    by_review: dict[int, set[str]] = {}
    for _ in range(2):
        for k in range(24):
            answer = other.post("/v1/mine", {"reviews": [{**REVIEW, "id": f"s{k}"}]})
            by_review.setdefault(k, set()).add(answer["model"])
    assert all(len(models) == 1 for models in by_review.values()), "a review keeps its model"
    assert len(set.union(*by_review.values())) == 2, "both models answer"
    by_key = {other.post("/v1/mine", reviews(*TEXTS[:2]))["model"] for _ in range(4)}
    assert len(by_key) == 1, "a caller of several reviews keeps its model"
    problem(admin("PATCH", "/v1/models/candidate", json={"share": 1.5}), 422, "invalid")

    admin.post("/v1/models/rollback")
    assert admin.get("/v1/models")["trial"] is None and own.model.current is before
    acts = [entry["act"] for entry in admin.get("/v1/audit", params={"limit": 3})["items"]]
    assert acts == ["model.drop", "model.share", "model.try"]
    files = [file for file in own.folder.rglob("*") if file.is_file()]
    assert not any(TEXTS[0].encode() in file.read_bytes() for file in files), "no word is kept"


@pytest.mark.parametrize("worse", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_promoted_model_goes_by_itself_where_corrections_say_so(
    own: Service, quiet: Path, worse: bool
) -> None:
    admin = new_caller(own, "admin")
    before = own.model.current
    rows = "id,text\n" + "".join(f"r{k},{text}\n" for k, text in enumerate(TEXTS))
    admin.job(rows.encode(), "reviews.csv")
    admin.post("/v1/models/candidate", {"path": str(quiet)})
    promoted = admin.post("/v1/models/promote")["model"]
    assert promoted["name"] == "guandian-small@0.0.1" and own.model.current is not before
    watch = admin.get("/v1/models")["watch"]
    assert (watch["corrected"], watch["capital"], watch["limit"]) == (0, 1, 20)

    settled = 0
    for k in range(len(TEXTS)):
        found = own.readings.as_mined("main").review(f"r{k}")
        assert found is not None
        if not found.opinions:
            continue
        settled += 1
        for stored in found.opinions:
            # Where people take back what the model of before found, the quiet one is right.
            action = "accept" if worse else "reject"
            admin.post("/v1/corrections", {"opinion": stored.id, "action": action})
    assert settled > 10
    if worse:
        wait(lambda: own.model.current is before)
        acts = admin.get("/v1/audit", params={"limit": 1})["items"]
        assert acts[0]["act"] == "model.rollback" and acts[0]["who"] == "service"
        assert acts[0]["details"]["losses"] >= 7 and acts[0]["details"]["wins"] == 0
        assert admin.get("/v1/models")["watch"] is None
    else:
        watch = wait(lambda: (w := admin.get("/v1/models")["watch"])["corrected"] == settled and w)
        assert watch["losses"] == 0 and own.model.current is not before


def test_what_is_watched_goes_on_after_an_error_that_nobody_foresaw(
    own: Service, quiet: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="guandian.service")

    def fails(*_: object) -> None:
        raise RuntimeError("of nobody's knowledge: 屏幕很清晰")

    admin, other = new_caller(own, "admin"), new_caller(own, "mine")
    admin.post("/v1/models/candidate", {"path": str(quiet)})
    with monkeypatch.context() as patch:
        patch.setattr(own.records.trials, "add", fails)
        other.post("/v1/mine", reviews(TEXTS[0]))
        wait(lambda: any('"trial"' in line for line in caplog.messages))
    other.post("/v1/mine", reviews(TEXTS[1]))
    wait(lambda: admin.get("/v1/models")["trial"]["copied"] == 1)

    admin.post("/v1/models/promote")
    watch = own.rollout.watch
    with monkeypatch.context() as patch:
        patch.setattr(watch, "settled", fails)
        watch.corrected("main", "r0")
        wait(lambda: any('"promotion"' in line for line in caplog.messages))
    watch.corrected("main", "r1")
    wait(lambda: watch.promotion is not None and len(watch.promotion.corrected) == 2)

    with monkeypatch.context() as patch:
        patch.setattr(own.records.jobs, "take_next", fails)
        own.jobs.wake()
        wait(lambda: any('"jobs"' in line for line in caplog.messages))
    assert admin.job(f"id,text\nr0,{TEXTS[0]}\n".encode(), "reviews.csv")["state"] == "done"
    assert not any("屏幕" in line for line in caplog.messages), "no word of a review is logged"


def test_a_training_is_proposed(own: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = new_caller(own, "admin")
    monkeypatch.setattr("guandian.service.rollout.proposing.CORRECTED", 2)
    admin.job(f"id,text\na,{TEXTS[0]}\nb,{TEXTS[1]}\n".encode(), "reviews.csv")
    assert admin.get("/v1/models")["proposals"] == []
    for opinion in admin.get("/v1/queue", params={"limit": 50})["items"]:
        admin.post("/v1/corrections", {"opinion": opinion["id"], "action": "accept"})
    (proposal,) = admin.get("/v1/models")["proposals"]
    assert proposal == {"reason": "corrections", "value": 2, "limit": 2, "low": None, "high": None}
    nobody = new_caller(own, "read", tenant="other")
    assert nobody.get("/v1/models")["proposals"] == [], "nobody sees what others corrected"


def test_drift_is_told_once_it_is_sure(caplog: pytest.LogCaptureFixture) -> None:
    whole = Sentiment(Polarity.POSITIVE, 0.0, 0.0, 1.0)

    def answer(sure: float, likeness: float) -> Mined:
        opinion = Opinion(None, Span(0, 1), Span(0, 1), "price", Polarity.POSITIVE, sure, "")
        return Mined("1", Language.CHINESE, whole, (opinion,), (), (), "m@1", likeness=likeness)

    watch = DriftWatch()
    watch.note([answer(0.8, 0.5)] * WINDOW)
    assert watch.proposals("main", 0) == []
    watch.note([answer(0.79, 0.5)] * WINDOW)
    assert watch.proposals("main", 0) == [], "a point less is no drift"
    with caplog.at_level("INFO", "guandian.service"):
        watch.note([answer(0.6, 0.01)] * WINDOW)
        reasons = [proposal.reason for proposal in watch.proposals("main", 0)]
        assert reasons == ["unlike", "confidence"]
        assert len(watch.proposals("main", 0)) == 2
    told = [record.message for record in caplog.records if "training-proposed" in record.message]
    assert len(told) == 2, "each is told in the log once"
    watch.note([replace(answer(0.9, 0.5), model="m@2")])
    assert watch.proposals("main", 0) == [], "another model begins anew"
