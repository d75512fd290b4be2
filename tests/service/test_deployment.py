"""What deploy/ says is what the command line, the service and the package have."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from guandian.cli.serving.serve import replica_bounds, serve
from guandian.service.routes import health_routes

yaml = pytest.importorskip("yaml")  # comes with transformers
ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
USER = "10001"


def documents(name: str) -> list[dict[str, Any]]:
    return [*yaml.safe_load_all((DEPLOY / name).read_text("utf-8"))]


def options_of_serve() -> tuple[set[str], set[str]]:
    """Its options, and the variables of the environment that it reads."""
    app = typer.Typer()
    app.command()(serve)
    parameters: Any = get_command(app).params
    flags = {flag for entry in parameters for flag in entry.opts}
    return flags, {entry.envvar for entry in parameters if isinstance(entry.envvar, str)}


def check_serve(arguments: list[str], port: int) -> None:
    """The words of a command are options of `guandian serve`, and it listens where others look."""
    assert arguments[0] == "serve"
    pairs = dict(zip(arguments[1::2], arguments[2::2], strict=True))
    assert set(pairs) <= options_of_serve()[0]
    assert (pairs["--host"], pairs["--port"], pairs["--data"]) == ("0.0.0.0", str(port), "/data")
    assert replica_bounds(pairs["--replicas"])[1] > 1


def test_the_image_copies_what_is_there_and_runs_without_rights() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M)
    assert len(copied) >= 4
    for sources in copied:
        assert all((ROOT / source).exists() for source in sources.split()), sources
    (extras,) = re.findall(r"^ARG EXTRAS=(.+)$", text, re.M)
    known = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(extras.split(",")) <= set(known["optional-dependencies"])
    assert f"\nUSER {USER}\n" in text and f"--uid {USER}" in text
    (command,) = re.findall(r"^CMD \[(.+)\]$", text, re.M)
    (port,) = re.findall(r"^EXPOSE (\d+)$", text, re.M)
    check_serve(re.findall(r'"([^"]*)"', command), int(port))


def test_the_pod_is_probed_bounded_and_can_write_nothing_but_its_data() -> None:
    service, pod = documents("kubernetes.yaml")
    assert (service["kind"], pod["kind"]) == ("Service", "StatefulSet")
    spec = pod["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert pod["spec"]["replicas"] == 1, "the store has one writer"
    labels = pod["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == pod["spec"]["selector"]["matchLabels"] == labels
    (port,) = container["ports"]
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    check_serve(container["args"], port["containerPort"])
    paths = {route.path for route in health_routes.router.routes}  # type: ignore[attr-defined]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["path"] in paths
        assert container[probe]["httpGet"]["port"] == port["name"]
    assert {"cpu", "memory"} == set(container["resources"]["limits"])
    assert spec["securityContext"]["runAsNonRoot"]
    assert str(spec["securityContext"]["runAsUser"]) == USER
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {entry["name"] for entry in container["env"]} <= options_of_serve()[1]
    volumes = {entry["name"] for entry in spec["volumes"]}
    volumes |= {entry["metadata"]["name"] for entry in pod["spec"]["volumeClaimTemplates"]}
    assert {entry["name"] for entry in container["volumeMounts"]} == volumes
    drain = float(container["args"][container["args"].index("--drain") + 1])
    assert spec["terminationGracePeriodSeconds"] > drain


def test_the_compose_file_runs_four_services_that_find_each_other() -> None:
    (compose,) = documents("compose.yaml")
    services = compose["services"]
    assert set(services) == {"guandian", "postgres", "redis", "prometheus"}
    ours = services["guandian"]
    assert (DEPLOY / ours["build"]["context"] / ours["build"]["dockerfile"]).is_file()
    check_serve(ours["command"], 8000)
    assert set(ours["environment"]) <= options_of_serve()[1]
    assert "@postgres/" in ours["environment"]["GUANDIAN_RECORDS"]
    assert (ours["user"], ours["read_only"], ours["cap_drop"]) == (USER, True, ["ALL"])
    assert set(ours["depends_on"]) <= set(services)
    named = [
        volume.split(":")[0]
        for service in services.values()
        for volume in service["volumes"]
        if volume[0] not in "./$"
    ]
    assert set(named) == set(compose["volumes"])


def test_prometheus_asks_the_service_of_the_compose_file() -> None:
    (config,) = documents("prometheus/prometheus.yml")
    (job,) = config["scrape_configs"]
    assert job["job_name"] == "guandian" and job["static_configs"] == [
        {"targets": ["guandian:8000"]}
    ]
    assert all((DEPLOY / "prometheus" / name).is_file() for name in config["rule_files"])
    (compose,) = documents("compose.yaml")
    mounted = [volume.split(":")[-2] for volume in compose["services"]["prometheus"]["volumes"]]
    assert job["authorization"]["credentials_file"] in mounted
    if shutil.which("promtool"):
        place = DEPLOY / "prometheus" / "prometheus.yml"
        command = ["promtool", "check", "config", "--syntax-only", str(place)]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 0
