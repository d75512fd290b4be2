"""The Grafana board and the alert rules ask for what the service really tells Prometheus."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.service.callers import new_caller, problem

from guandian.domain import Review
from guandian.service.parts import Service
from guandian.service.settings import Limits

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
BOARD = json.loads((DEPLOY / "grafana" / "guandian.json").read_text("utf-8"))
QUERIES = [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]
EXPRESSIONS = re.findall(r"expr: (?:>-\n((?: {10}.+\n)+)|(.+))", RULES.read_text("utf-8"))
BY_PROMETHEUS = {"up"}
"""What Prometheus itself says of a service."""
WORDS = {
    "by", "histogram_quantile", "instance", "job", "le", "offset", "rate", "scalar", "sum",
}  # fmt: skip


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The names of all samples of `/metrics` after some calls, with their labels."""
    service = Service.open(tmp_path_factory.mktemp("boards") / "data", Limits(threads=1))
    try:
        caller = new_caller(service, "admin")
        reviews = [{"id": "1", "text": "屏幕很清晰😀，但是电池不耐用"}]
        caller.post("/v1/mine", {"reviews": reviews})
        with service.admission.room([Review(str(k), "好") for k in range(100)]):
            body = {"reviews": [{"id": str(k), "text": "好"} for k in range(100)]}
            problem(new_caller(service, "mine")("POST", "/v1/mine", json=body), 429, "busy")
        text = caller("GET", "/metrics").text
    finally:
        service.close()
    names: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            names.setdefault(sample.name, set()).update(sample.labels)
    return names


@pytest.mark.parametrize("query", [*QUERIES, *(a or b for a, b in EXPRESSIONS)])
def test_a_query_asks_for_samples_and_labels_that_there_are(
    samples: dict[str, set[str]], query: str
) -> None:
    plain = re.sub(r'"[^"]*"', "", query)
    labels = {
        name
        for group in re.findall(r"by \(([^)]*)\)|\{([^}]*)\}", plain)
        for name in re.findall(r"[a-z_]+", " ".join(group))
    }
    named = set(re.findall(r"[a-z][a-z_]+", re.sub(r"\[[^]]*\]|\$\w+", "", plain)))
    metrics = named - labels - WORDS
    assert metrics, query
    assert metrics - BY_PROMETHEUS <= set(samples), query
    known = {"instance", "job"}.union(*(samples.get(name, set()) for name in metrics))
    assert labels <= known, query


def test_every_panel_has_a_place_and_a_title_of_its_own() -> None:
    titles = [panel["title"] for panel in BOARD["panels"]]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in BOARD["panels"]]
    assert len({*titles}) == len(titles) == len({*places})


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.slow
def test_the_rules_fire_when_they_should() -> None:
    done = subprocess.run(
        ["promtool", "test", "rules", "rules_test.yml"],
        cwd=RULES.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
