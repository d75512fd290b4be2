"""Questions to the store over HTTP: the numbers are the report's, and quotes stand behind each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.service.callers import Caller, new_caller, problem

from guandian.assets import assets
from guandian.domain import Mined, Review
from guandian.evaluation.correction import Correction
from guandian.files import from_wire
from guandian.report import aggregate
from guandian.service.parts import Service
from guandian.service.settings import Limits


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that holds the shipped examples."""
    opened = Service.open(tmp_path_factory.mktemp("views") / "data", Limits(threads=1))
    content = (assets() / "examples" / "reviews.csv").read_bytes()
    assert new_caller(opened, "mine").job(content, "reviews.csv")["state"] == "done"
    yield opened
    opened.close()


@pytest.fixture
def reader(loaded: Service) -> Caller:
    return new_caller(loaded, "read")


@pytest.fixture
def corrector(loaded: Service) -> Caller:
    return new_caller(loaded, "read", "correct")


def results_of(miner: Caller) -> list[tuple[Review, Mined]]:
    """What the only job found."""
    (job,) = miner.get("/v1/jobs")["items"]
    answer = miner.get(f"/v1/jobs/{job['id']}/results", params={"limit": 1000})
    assert len(answer["items"]) == answer["total"] == job["reviews"] > 200
    return [from_wire(item) for item in answer["items"]]


def test_numbers_are_those_of_the_report(loaded: Service, reader: Caller) -> None:
    report = aggregate(results_of(new_caller(loaded, "mine")))
    miner = loaded.model.current.miner
    correction = Correction.of(miner.rates, miner.model)
    assert correction is not None
    for corrected in (False, True):
        summary = reader.get("/v1/summary", params={"corrected": corrected})
        overview, tally = summary["overview"], report.whole.tally
        assert overview["opinions"] == tally.opinions
        assert (overview["positive"], overview["neutral"], overview["negative"]) == tally.totals()
        net = correction.net(tally) if corrected else tally.net()
        assert net is not None
        assert overview["net"] == {"value": net.value, "low": net.low, "high": net.high}
        assert overview["corrected"] is corrected
        whole = report.of_reviews(correction if corrected else None)
        assert whole and overview["net_of_reviews"]["value"] == whole.value
        assert (overview["sentiment_corrected"] is not None) is corrected
    by_category = {row["key"]: row["opinions"] for row in summary["categories"]}
    assert sum(by_category.values()) == overview["opinions"]


def test_quotes_are_as_many_as_the_number_says(reader: Caller) -> None:
    rows = reader.get("/v1/breakdown", params={"by": "aspect", "limit": 5})["rows"]
    assert [row["opinions"] for row in rows] == sorted((r["opinions"] for r in rows), reverse=True)
    for row in rows:
        page = reader.get("/v1/opinions", params={"aspect": row["key"], "limit": 500})
        assert page["total"] == len(page["items"]) == row["opinions"]
        counted = [item["polarity"] for item in page["items"]].count("negative")
        assert counted == row["negative"]
        for item in page["items"]:
            for name in ("aspect", "expression", "evidence"):
                if span := item[name]:
                    text = item["review"]["text"]
                    assert text[span["start"] : span["end"]] == span["text"]


def test_pages_follow_each_other(reader: Caller) -> None:
    whole = reader.get("/v1/opinions", params={"limit": 40, "order": "time"})
    pages = [
        reader.get("/v1/opinions", params={"limit": 8, "offset": k, "order": "time"})["items"]
        for k in range(0, 40, 8)
    ]
    assert [item["id"] for page in pages for item in page] == [i["id"] for i in whole["items"]]
    beyond = reader.get("/v1/opinions", params={"offset": 10_000})
    assert beyond == {"total": whole["total"], "items": []}


def test_lists_are_chosen_by_repeated_names(reader: Caller) -> None:
    products = [row["key"] for row in reader.get("/v1/breakdown?by=product")["rows"]]
    query = [("product", name) for name in products[:2]]
    both = reader.get("/v1/summary", params=query)["overview"]["reviews"]
    alone = [reader.get("/v1/summary", params=[pair])["overview"]["reviews"] for pair in query]
    assert both == sum(alone) and min(alone) > 0


def test_periods_add_up(reader: Caller) -> None:
    trend = reader.get("/v1/trends", params={"unit": "month", "by": "category"})
    assert trend["unit"] == "month"
    whole = reader.get("/v1/summary")["overview"]["opinions"]
    assert sum(period["opinions"] for period in trend["periods"]) <= whole
    for period in trend["periods"]:
        assert sum(part["opinions"] for part in period["by"].values()) == period["opinions"]
    assert not trend["periods"][-1]["complete"], "the last month of the examples is cut off"


def test_search_shows_where_the_words_stand(reader: Caller) -> None:
    page = reader.get("/v1/search", params={"words": "电池", "limit": 200})
    assert page["total"] == len(page["items"]) > 5
    for item in page["items"]:
        assert [hit["text"] for hit in item["hits"]] == ["电池"] * item["review"]["text"].count(
            "电池"
        )
    assert reader.get("/v1/search", params={"words": "没有这样的话"})["total"] == 0
    problem(reader("GET", "/v1/search"), 422, "invalid")


def test_a_change_and_its_causes_add_up(reader: Caller) -> None:
    windows = {
        "before_since": "2026-03-01", "before_until": "2026-05-31",
        "after_since": "2026-06-01", "after_until": "2026-10-31",
    }  # fmt: skip
    for corrected in (False, True):
        answer = reader.get("/v1/changes", params={**windows, "corrected": corrected})
        nets = [answer[side]["net"]["value"] for side in ("before", "after")]
        assert answer["change"]["value"] == pytest.approx(nets[1] - nets[0], abs=1e-9)
        effects = sum(cause["effect"]["value"] for cause in answer["causes"])
        total = effects + answer["remainder"]
        assert total == pytest.approx(answer["change"]["value"], abs=1e-9)
    month = reader.get("/v1/changes", params={"unit": "month"})
    assert month["before"]["until"] < month["after"]["since"]
    assert month["after"] | {"since": "2026-09-01", "until": "2026-09-30"} == month["after"]
    assert reader.get("/v1/changes", params={"unit": "month", "offset": "5y"})["before"] is None
    day = reader.get("/v1/changes", params={"unit": "day", "offset": "7d"})
    assert day["after"]["since"] == day["after"]["until"], "双十一: unit=day, offset=1y"
    for wrong in (
        {"before_since": "2026-03-01"},
        {**windows, "after_since": "2026-05-01"},
        {**windows, "before_since": "2001-01-01"},
    ):
        problem(reader("GET", "/v1/changes", params=wrong), 422, "invalid")
    for offset in ("x", "1d", "99999w", "0w"):
        asked = {"unit": "week", "offset": offset}
        assert reader("GET", "/v1/changes", params=asked).status_code in (200, 422)


def test_an_empty_store_answers(loaded: Service) -> None:
    nobody = new_caller(loaded, "read", "correct", tenant="nobody")
    overview = nobody.get("/v1/summary")["overview"]
    assert (overview["reviews"], overview["net"], overview["stars"]) == (0, None, None)
    assert nobody.get("/v1/trends")["periods"] == []
    assert nobody.get("/v1/changes")["before"] is None
    assert nobody.get("/v1/opinions") == nobody.get("/v1/queue") == {"total": 0, "items": []}
    assert nobody.get("/v1/together")["pairs"] == nobody.get("/v1/aspects")["aspects"] == []
    assert nobody("GET", "/v1/corrections/export").content == b""


def test_the_queue_has_what_is_open_before_what_is_hardly_believed(corrector: Caller) -> None:
    plain = corrector.get("/v1/queue", params={"limit": 200})
    queue = corrector.get("/v1/queue", params={"limit": 200, "by": "entropy"})
    assert queue["total"] == plain["total"]
    assert {item["id"] for item in queue["items"]} == {item["id"] for item in plain["items"]}
    far = [abs(item["confidence"] - 0.5) for item in queue["items"]]
    assert far == sorted(far)
    part = corrector.get("/v1/queue", params={"limit": 2, "offset": 1, "by": "entropy"})
    assert part["items"] == queue["items"][1:3]


def test_what_is_uncertain_is_corrected_and_undone(corrector: Caller) -> None:
    first, second = corrector.get("/v1/queue", params={"limit": 2})["items"]
    assert abs(first["confidence"] - 0.5) <= abs(second["confidence"] - 0.5)
    before = corrector.get("/v1/summary")["overview"]["opinions"]
    said = corrector.post("/v1/corrections", {"opinion": first["id"], "action": "reject"})
    assert corrector.get("/v1/summary")["overview"]["opinions"] == before - 1
    assert corrector.get("/v1/queue", params={"limit": 1})["items"][0]["id"] == second["id"]
    flipped = "negative" if second["polarity"] == "positive" else "positive"
    fix = {"opinion": second["id"], "action": "fix", "opinion_fields": {"polarity": flipped}}
    mended = corrector.post("/v1/corrections", fix)["correction"]
    assert mended["before"]["polarity"] == second["polarity"]
    (item,) = [
        opinion
        for opinion in corrector.get(f"/v1/reviews/{second['review']['id']}")["opinions"]
        if opinion["id"] == second["id"]
    ]
    assert (item["polarity"], item["corrected"]) == (flipped, True)
    assert corrector.get("/v1/corrections")["total"] == 2
    for id in (said["correction"]["id"], mended["id"]):
        assert corrector("DELETE", f"/v1/corrections/{id}").status_code == 200
        problem(corrector("DELETE", f"/v1/corrections/{id}"), 404, "not-found")
    assert corrector.get("/v1/summary")["overview"]["opinions"] == before
    assert corrector.get("/v1/queue", params={"limit": 1})["items"][0]["id"] == first["id"]


def test_the_queue_counts_what_is_left_to_judge(corrector: Caller) -> None:
    first = corrector.get("/v1/queue", params={"limit": 200})
    total, items = first["total"], first["items"]
    said = []
    for item, action in zip(items, ("accept", "reject", "fix", "accept"), strict=False):
        body = {"opinion": item["id"], "action": action}
        if action == "fix":
            body["opinion_fields"] = {"polarity": "neutral"}
        said.append(corrector.post("/v1/corrections", body)["correction"]["id"])
        assert corrector.get("/v1/queue", params={"limit": 1})["total"] == total - len(said)
    paged: list[str] = []
    while page := corrector.get("/v1/queue", params={"limit": 200, "offset": len(paged)})["items"]:
        paged += [item["id"] for item in page]
    assert len(paged) == len({*paged}) == total - 4
    assert paged[:50] == [item["id"] for item in items[4:54]]
    chosen = {"category": items[0]["category"], "limit": 1}
    left = corrector.get("/v1/queue", params=chosen)["total"]
    judged = sum(item["category"] == items[0]["category"] for item in (items[0], *items[2:4]))
    assert left == corrector.get("/v1/opinions", params=chosen)["total"] - judged
    for id in said:
        assert corrector("DELETE", f"/v1/corrections/{id}").status_code == 200
    assert corrector.get("/v1/queue", params={"limit": 1})["total"] == total


def test_corrections_become_labels(corrector: Caller, tmp_path: Path) -> None:
    """The export is what `guandian train` reads: read here by its own reader."""
    from guandian.data.readers.guandian_jsonl import read_own
    from guandian.data.readers.rows import ReaderSource

    opinion = corrector.get("/v1/opinions", params={"limit": 1})["items"][0]
    review = corrector.get(f"/v1/reviews/{opinion['review']['id']}")
    ids = [
        corrector.post("/v1/corrections", {"opinion": each["id"], "action": "accept"})
        for each in review["opinions"]
    ]
    added = {
        "opinion": opinion["id"],
        "action": "add",
        "opinion_fields": {
            "aspect": {"start": 0, "end": 1},
            "category": "price",
            "polarity": "neutral",
        },
    }
    ids.append(corrector.post("/v1/corrections", added))
    answer = corrector("GET", "/v1/corrections/export")
    assert answer.headers["content-type"] == "application/x-ndjson"
    (tmp_path / "x.jsonl").write_bytes(answer.content)
    refused: list[str] = []
    source = ReaderSource((tmp_path / "x.jsonl",), "x", refused.append)
    (labelled,) = read_own(source)
    assert labelled.text == review["text"] and not refused
    assert labelled.quads is not None and len(labelled.quads) == len(review["opinions"]) + 1
    for id in ids:
        corrector("DELETE", f"/v1/corrections/{id['correction']['id']}")


@pytest.mark.parametrize(
    ("change", "status", "kind"),
    [
        ({"action": "fix"}, 422, "refused"),
        ({"action": "accept", "opinion_fields": {"polarity": "neutral"}}, 422, "refused"),
        ({"action": "fix", "opinion_fields": {"polarity": "fine"}}, 422, "invalid"),
        ({"action": "fix", "opinion_fields": {"aspect": {"start": 3, "end": 2}}}, 422, "invalid"),
        (
            {"action": "fix", "opinion_fields": {"aspect": {"start": 0, "end": 9999}}},
            422,
            "invalid",
        ),
        ({"action": "fix", "opinion_fields": {"aspect": {"start": "0", "end": 2}}}, 422, "invalid"),
        ({"action": "fix", "opinion_fields": {"verdict": 1}}, 422, "invalid"),
        ({"action": "add", "opinion_fields": {"polarity": "neutral"}}, 422, "refused"),
        ({"action": "erase"}, 422, "invalid"),
        ({"action": "accept", "opinion": "o_0000000000000000ffffffff"}, 404, "not-found"),
        ({"action": "accept", "opinion": "x"}, 404, "not-found"),
        ({"action": "accept", "opinion": None}, 422, "invalid"),
    ],
)
def test_corrections_that_are_none(
    corrector: Caller, change: dict[str, Any], status: int, kind: str
) -> None:
    opinion = corrector.get("/v1/opinions", params={"limit": 1})["items"][0]["id"]
    body = {"opinion": opinion} | change
    problem(corrector("POST", "/v1/corrections", json=body), status, kind)
    assert corrector.get("/v1/corrections")["total"] == 0


def test_things_are_named_anew_and_back(corrector: Caller) -> None:
    def opinions() -> dict[str, int]:
        rows = corrector.get("/v1/aspects", params={"limit": 2000})["aspects"]
        return {row["key"]: row["opinions"] for row in rows}

    before = opinions()
    first, second = list(before)[:2]
    merge = {"action": "merge", "aspects": [first, second], "name": first}
    edit = corrector.post("/v1/aspects", merge)["edit"]
    merged = opinions()
    assert second not in merged and merged[first] == before[first] + before[second]
    assert corrector.post("/v1/aspects/undo")["edit"]["id"] == edit["id"]
    assert opinions() == before
    problem(corrector("POST", "/v1/aspects/undo"), 409, "nothing-to-undo")
    for wrong in ({"action": "merge"}, {"action": "split", "members": []}, {"action": "rename"}):
        problem(corrector("POST", "/v1/aspects", json=wrong), 422, "refused")


def test_a_proposal_is_taken_by_merging_it_and_comes_no_more(loaded: Service) -> None:
    caller = new_caller(loaded, "read", "mine", "correct", tenant="proposing")
    texts = ["车机反应的速度很慢", "车机反应速度很快😀", "屏幕很清晰", "快递很快"]
    caller.job("\n".join(["text", *texts, ""]).encode(), "x.csv")
    answer = caller.get("/v1/aspects")
    before = {row["key"]: row["opinions"] for row in answer["aspects"]}
    proposal = next(p for p in answer["proposals"] if "车机反应速度" in p["names"])
    assert "车机反应的速度" in proposal["names"]
    assert 0.52 <= proposal["similarity"] <= 1
    merge = {"action": "merge", "aspects": proposal["names"], "name": proposal["names"][0]}
    caller.post("/v1/aspects", merge)
    merged = caller.get("/v1/aspects")
    rows = {row["key"]: row["opinions"] for row in merged["aspects"]}
    assert rows[proposal["names"][0]] == sum(before.get(n, 0) for n in proposal["names"]) > 1
    assert not any(set(proposal["names"]) & set(p["names"]) for p in merged["proposals"])
    caller.post("/v1/aspects/undo")
    assert caller.get("/v1/aspects")["proposals"] == answer["proposals"]
    apart = {"action": "apart", "aspects": proposal["names"]}
    assert caller.post("/v1/aspects", apart)["edit"]["action"] == "apart"
    for reader in (caller, new_caller(loaded, "read", tenant="proposing")):
        left = reader.get("/v1/aspects")
        assert proposal["names"] not in [p["names"] for p in left["proposals"]]
        assert {row["key"]: row["opinions"] for row in left["aspects"]} == before
    caller.post("/v1/aspects/undo")
    assert caller.get("/v1/aspects")["proposals"] == answer["proposals"]
    alone = {"action": "apart", "aspects": proposal["names"][:1]}
    problem(caller("POST", "/v1/aspects", json=alone), 422, "refused")


def test_a_review_is_deleted_with_all_that_it_said(loaded: Service) -> None:
    caller = new_caller(loaded, "admin", tenant="deleting")
    words = "屏幕很清晰，独一无二的话"
    caller.job(f"id,text\n7,{words}\n8,电池不耐用\n".encode(), "x.csv")
    kept = [p for p in loaded.folder.glob("opinions/deleting/*") if "texts" in p.name]
    assert kept, "the control: its text is kept"
    (opinion,) = [
        item for item in caller.get("/v1/opinions")["items"] if item["review"]["id"] == "7"
    ][:1]
    caller.post("/v1/corrections", {"opinion": opinion["id"], "action": "accept"})
    assert caller("DELETE", "/v1/reviews/7").json() == {"deleted": "7"}
    problem(caller("DELETE", "/v1/reviews/7"), 404, "not-found")
    problem(caller("GET", "/v1/reviews/7"), 404, "not-found")
    assert caller.get("/v1/corrections")["total"] == 0
    assert caller.get("/v1/summary")["overview"]["reviews"] == 1
