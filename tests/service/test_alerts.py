"""Alerts over HTTP: seen with their evidence, acknowledged by name, snoozed, muted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from tests.monitor.histories import history
from tests.service.callers import new_caller, problem

from guandian.monitor.alerts.watch_pass import look_once
from guandian.monitor.alerts.watching import WatchTerms
from guandian.service.parts import Service
from guandian.service.settings import Limits

WEEKLY = WatchTerms(unit="week", a_week=0.02)


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = Service.open(tmp_path_factory.mktemp("alerts"), Limits(threads=1))
    surge = date(2025, 2, 17), date(2025, 2, 23)
    service.store.load(history(60, surge, times=30))
    reader = service.readings.reader("main")
    look_once(reader, service.records, "main", WEEKLY, date(2025, 2, 24))
    yield service
    service.close()


def test_an_alert_is_seen_with_its_evidence(watched: Service) -> None:
    reader = new_caller(watched, "read")
    answer = reader.get("/v1/alerts", params={"state": "firing"})
    (alert,) = [item for item in answer["items"] if item["product"] == "星河 X2"]
    (days,) = answer["watched"]
    assert (days["until"], days["budget"]["a_week"]) == ("2025-02-23", 0.02)
    assert "false alerts a week over" in days["budget"]["words"]["en"]
    assert days["budget"]["fired"] == 1 and days["budget"]["switches"] == []
    assert (alert["kind"], alert["severity"]) == ("surge", "critical")
    assert "星河 X2" in alert["sentence"]["zh"] and alert["ratio"]["low"] > 1
    assert len(alert["quotes"]) == 3
    assert all(quote["polarity"] == "negative" for quote in alert["quotes"])
    points = reader.get(f"/v1/alerts/{alert['id']}/series")["points"]
    (point,) = [point for point in points if point["start"] == alert["since"]]
    assert point["observed"] == alert["observed"] > point["upper"] >= point["expected"]
    feasts = {day["start"]: [name["zh"] for name in day["special"]] for day in points}
    assert (feasts["2025-01-27"], feasts[point["start"]]) == (["春节"], [])
    assert reader.get("/v1/alerts", params={"state": "cleared"})["items"] == []


def test_it_is_acknowledged_by_name_snoozed_muted_and_woken(watched: Service) -> None:
    corrector, reader = new_caller(watched, "read", "correct"), new_caller(watched, "read")
    id = reader.get("/v1/alerts")["items"][0]["id"]
    problem(reader("POST", f"/v1/alerts/{id}/acknowledge"), 403, "scope")
    assert corrector.post(f"/v1/alerts/{id}/acknowledge")["alert"]["acknowledged_by"] == "test"
    snoozed = corrector.post(f"/v1/alerts/{id}/snooze", {"hours": 2})["alert"]["quiet"]
    assert snoozed["until"] and snoozed["who"] == "test"
    assert corrector.post(f"/v1/alerts/{id}/mute")["alert"]["quiet"]["until"] is None
    assert corrector.post(f"/v1/alerts/{id}/wake")["alert"]["quiet"] is None
    problem(corrector("POST", f"/v1/alerts/{id}/snooze", json={"hours": 0}), 422, "invalid")
    problem(corrector("POST", "/v1/alerts/a_0/mute"), 404, "not-found")
    problem(reader("POST", f"/v1/alerts/{id}/dismiss"), 403, "scope")
    assert corrector.post(f"/v1/alerts/{id}/dismiss")["alert"]["dismissed_by"] == "test"
    (days,) = reader.get("/v1/alerts")["watched"]
    assert days["budget"]["dismissed"] == 1 < days["budget"]["fired"] + 1
    assert "People said of 1 that" in days["budget"]["words"]["en"]
    assert corrector.post(f"/v1/alerts/{id}/reinstate")["alert"]["dismissed"] is None
    assert reader.get("/v1/alerts")["watched"][0]["budget"]["dismissed"] == 0
    other = new_caller(watched, "read", "correct", tenant="other")
    problem(other("POST", f"/v1/alerts/{id}/mute"), 404, "not-found")
    assert other.get("/v1/alerts") == {"total": 0, "items": [], "watched": [], "waiting": 0}
