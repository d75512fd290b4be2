"""What one person proposes counts once another one has confirmed it."""

from __future__ import annotations

from tests.service.callers import Caller, new_caller

from guandian.mining.abuse.abuse_marks import ABUSE
from guandian.service.answering.abuse_policies import BORDERLINE
from guandian.service.parts import Service

TEXT = "河南人都是骗子，屏幕两天就坏了"
POLICY = {"name": "abuse.threshold", "threshold": 0.5, "borderline": 0.1, "reason": "试行"}


def warnings(caller: Caller, text: str = TEXT) -> list[str]:
    answer = caller.post("/v1/mine", {"reviews": [{"id": "1", "text": text}]})
    (review,) = answer["reviews"]
    assert any(o["polarity"] == "negative" for o in review["opinions"])
    return [str(warning) for warning in review["warnings"]]


def test_a_policy_counts_once_a_second_person_has_confirmed_it(service: Service) -> None:
    first, second = (
        new_caller(service, "correct", "mine", "admin"),
        new_caller(service, "correct", "mine", "read"),
    )
    assert ABUSE not in warnings(second)
    made = first.post("/v1/policies", POLICY)["policy"]
    assert made["state"] == "proposed" and ABUSE not in warnings(second)
    own = first("POST", f"/v1/policies/{made['id']}/approve")
    assert own.status_code == 409 and own.json()["type"].endswith("same-person")
    approved = second.post(f"/v1/policies/{made['id']}/approve")["policy"]
    assert approved["state"] == "in-force" and approved["decided_by"] != approved["proposed_by"]
    assert ABUSE in warnings(second)
    again = second("POST", f"/v1/policies/{made['id']}/approve")
    assert again.status_code == 409 and again.json()["type"].endswith("not-waiting")
    acts = [entry["act"] for entry in first.get("/v1/audit")["items"]]
    assert acts.index("policy.approve") < acts.index("policy.propose")


def test_what_was_stored_before_is_marked_by_what_counts_now(service: Service) -> None:
    first = new_caller(service, "admin", tenant="stored")
    second = new_caller(service, "correct", "mine", "read", tenant="stored")
    job = first.job(f"id,text\na1,{TEXT}\n".encode(), "reviews.csv")["id"]

    def seen() -> list[list[str]]:
        (result,) = second.get(f"/v1/jobs/{job}/results")["items"]
        return [result["warnings"], second.get("/v1/reviews/a1")["warnings"]]

    assert not any(ABUSE in warned for warned in seen())
    before = second.get("/v1/reviews/a1")["opinions"]
    made = first.post("/v1/policies", POLICY)["policy"]
    second.post(f"/v1/policies/{made['id']}/approve")
    assert all(ABUSE in warned for warned in seen())
    assert second.get("/v1/reviews/a1")["opinions"] == before


def test_keys_of_one_person_are_one_person(service: Service) -> None:
    first = new_caller(service, "admin")
    made = first.post("/v1/policies", POLICY)["policy"]
    scopes = {"name": "another of mine", "scopes": ["correct"]}
    since = Caller(first.app, first.post("/v1/keys", scopes)["key"])
    rotated = Caller(first.app, first.post(f"/v1/keys/{made['proposed_by']}/rotate")["key"])
    for key in (since, rotated):
        answer = key("POST", f"/v1/policies/{made['id']}/approve")
        assert answer.json()["type"].endswith("same-person"), answer.text
    assert since.post(f"/v1/policies/{made['id']}/refuse")["policy"]["state"] == "refused"


def test_cases_are_decided_by_two_and_no_text_of_theirs_is_kept(service: Service) -> None:
    first, second = new_caller(service, "admin"), new_caller(service, "admin")
    levels = POLICY | {"threshold": 1.0, "borderline": 0.1}
    made = first.post("/v1/policies", levels)["policy"]
    second.post(f"/v1/policies/{made['id']}/approve")
    assert warnings(first) == [BORDERLINE]
    case = {"name": "abuse.case", "text": TEXT, "abusive": True}
    made = second.post("/v1/policies", case)["policy"]
    assert TEXT not in str(second.get("/v1/policies")) and len(made["subject"]) == 64
    first.post(f"/v1/policies/{made['id']}/approve")
    assert warnings(first) == [ABUSE]
    fine = second.post("/v1/policies", case | {"abusive": False})["policy"]
    first.post(f"/v1/policies/{fine['id']}/approve")
    assert warnings(first) == []
    states = {row["id"]: row["state"] for row in first.get("/v1/policies")["items"]}
    assert (states[made["id"]], states[fine["id"]]) == ("replaced", "in-force")


def test_what_is_no_policy_is_refused(service: Service) -> None:
    caller = new_caller(service, "admin")
    for wrong in (
        {"name": "abuse.threshold"},
        {"name": "abuse.threshold", "threshold": 0.2, "borderline": 0.4},
        {"name": "abuse.threshold", "threshold": 2},
        {"name": "abuse.case", "text": TEXT},
        {"name": "abuse.case", "text": TEXT, "abusive": True, "threshold": 0.5},
        {"name": "abuse.threshold", "threshold": True},
        {"name": "other", "threshold": 0.5},
    ):
        assert caller("POST", "/v1/policies", json=wrong).status_code == 422
    reader = new_caller(service, "read")
    assert reader("POST", "/v1/policies", json=POLICY).status_code == 403
    assert reader("POST", "/v1/policies/p_none/approve").status_code == 403
    assert caller("POST", "/v1/policies/p_none/approve").status_code == 409
