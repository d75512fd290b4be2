"""Explanations, promises and unlike reviews over HTTP: the library's answers, refusals, counts."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.service.callers import REVIEW, Caller, problem

from guandian.bundle import Bundle, shipped
from guandian.bundle.bundle import MANIFEST
from guandian.domain import Review
from guandian.errors import GuandianError
from guandian.explain.explainer import Explainer
from guandian.mining.caution.familiarity import UNLIKE
from guandian.mining.caution.promises import HELD_BACK
from guandian.pipelines.promising import promises_of
from guandian.service.answering.kept_opinions import Promising
from guandian.service.parts import Service
from guandian.service.schemas.mining_schemas import KeptOpinions

FAR = "How do I activate my new card before it expires?"


def test_an_explanation_is_that_of_the_library(admin: Caller, service: Service) -> None:
    answer = admin.post("/v1/explain", {"text": REVIEW["text"]})
    told = Explainer(service.model.current.miner).explain(Review("1", str(REVIEW["text"])))
    assert answer == told.to_json() and answer["passes"] <= 20
    empty = admin.post("/v1/explain", {"text": "", "method": "occlusion"})
    assert empty["units"] == [] and empty["warnings"]
    for wrong in ({"text": 1}, {}, {"text": "好" * 2001}, {"text": "好", "method": "exact"}):
        problem(admin("POST", "/v1/explain", json=wrong), 422, "invalid")


def test_a_precision_keeps_what_the_library_keeps(admin: Caller, service: Service) -> None:
    reviews = [REVIEW, {"id": "2", "text": "还行吧，味道一般，分量有点少，送得也慢"}]
    plain = admin.post("/v1/mine", {"reviews": reviews})["reviews"]
    kept = admin.post("/v1/mine", {"reviews": reviews, "precision": 0.9})["reviews"]
    least = promises_of(None).promise(0.9).thresholds["zh"]
    for before, after in zip(plain, kept, strict=True):
        sure = [opinion for opinion in before["opinions"] if opinion["confidence"] >= least]
        assert after["opinions"] == sure
        assert (HELD_BACK in after["warnings"]) == (sure != before["opinions"])
    refused = admin("POST", "/v1/mine", json={"reviews": reviews, "precision": 0.99})
    assert "84%" in problem(refused, 422, "precision")["detail"]
    problem(admin("POST", "/v1/mine", json={"reviews": [], "precision": 1}), 422, "invalid")


def test_a_job_keeps_what_the_library_keeps(admin: Caller, service: Service) -> None:
    texts = "id,text\nkept-1,屏幕很清晰，但是电池不耐用\nkept-2,还行吧，味道一般，分量有点少\n"
    rows = texts.encode()
    plain = admin.job(rows, "plain.csv")
    job = admin.job(rows, "kept.csv", precision=0.9)
    assert job["state"] == "done" and job["opinions"] < plain["opinions"]
    results = admin.get(f"/v1/jobs/{job['id']}/results")["items"]
    least = promises_of(None).promise(0.9).thresholds["zh"]
    assert least is not None
    assert all(o["confidence"] >= least for item in results for o in item["opinions"])
    assert HELD_BACK in results[1]["warnings"]
    upload = admin("POST", "/v1/uploads", params={"name": "a.csv"}, content=rows).json()["upload"]
    refused = admin("POST", "/v1/jobs", json={"upload": upload, "precision": 0.99})
    answer = problem(refused, 422, "precision")
    assert "84%" in answer["detail"] and "84%" in answer["detail_zh"]
    refused = admin("POST", "/v1/jobs", json={"upload": upload, "precision": 0.95})
    assert "precision_of" in problem(refused, 422, "precision")["remedy_zh"]
    service.jobs.remove_upload("main", upload)


def test_a_candidate_of_which_nothing_was_measured_leaves_the_call_to_the_model_of_now(
    admin: Caller, service: Service, tmp_path: Path
) -> None:
    ours, folder = Bundle.open(shipped()), tmp_path / "candidate"
    folder.mkdir()
    for name in ours.manifest.files:
        os.link(ours.path / name, folder / name)
    fitted = ours.manifest.calibration
    opinions = {**fitted["opinions"], "threshold": 0.2}
    manifest = replace(ours.manifest, version="9.0.0", calibration={**fitted, "opinions": opinions})
    (folder / MANIFEST).write_text(manifest.to_json(), "utf-8")
    service.rollout.trials.begin(folder, share=1.0)
    try:
        call = {"reviews": [REVIEW]}
        assert admin.post("/v1/mine", call)["model"] == "guandian-small@9.0.0"
        kept = admin.post("/v1/mine", {**call, "precision": 0.9})
        assert kept["model"] == service.model.current.miner.model
    finally:
        service.rollout.trials.end()


def test_promises_of_an_own_model_are_served(tmp_path: Path, service: Service) -> None:
    measured, file, other = promises_of(None), tmp_path / "own.json", tmp_path / "other.json"
    lower = replace(measured, rows={**measured.rows, "whole": {"all": [(0.99, 0.5, 0.4)]}})
    file.write_text(lower.to_json(), "utf-8")
    other.write_text(replace(measured, weights=["0"]).to_json(), "utf-8")
    served = service.model.current
    promising = Promising([other, file], served)
    promise = promising.caution(served, KeptOpinions(precision=0.99)).promise
    assert promise is not None and promise.thresholds == {"all": 0.5}
    with pytest.raises(GuandianError, match="was measured on"):
        Promising([other], served)


def test_reviews_unlike_those_learned_from_are_told_and_counted(
    admin: Caller, service: Service
) -> None:
    def number() -> float:
        lines = service.metrics.text().decode().splitlines()
        rows = [line for line in lines if line.startswith("guandian_unlike_reviews_total{")]
        return sum(float(line.split()[-1]) for line in rows)

    before = number()
    body = {"reviews": [REVIEW, {"id": "far", "text": FAR}]}
    near, far = admin.post("/v1/mine", {**body, "unlike": "hold"})["reviews"]
    assert UNLIKE in far["warnings"] and far["opinions"] == []
    assert UNLIKE not in near["warnings"] and near["opinions"]
    assert number() == before + 1
    (near, far) = admin.post("/v1/mine", body)["reviews"]
    assert UNLIKE not in far["warnings"] and number() == before + 2
