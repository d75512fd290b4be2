"""Explanations, promises and unlike reviews over HTTP: the library's answers, refusals, counts."""

from __future__ import annotations

from tests.service.callers import REVIEW, Caller, problem

from guandian.domain import Review
from guandian.explain.explainer import Explainer
from guandian.mining.caution.familiarity import UNLIKE
from guandian.mining.caution.promises import HELD_BACK
from guandian.pipelines.promising import promises_of
from guandian.service.parts import Service

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
    assert "82%" in problem(refused, 422, "precision")["detail"]
    problem(admin("POST", "/v1/mine", json={"reviews": [], "precision": 1}), 422, "invalid")


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
