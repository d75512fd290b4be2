"""A real `guandian serve` and a real Chromium before it, for the tests of the dashboard."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parent.parent.parent.parent
BUILT = ROOT / "src" / "guandian" / "service" / "dashboard_files" / "index.html"
AXE = ROOT / "dashboard" / "node_modules" / "axe-core" / "axe.min.js"
EXAMPLES = ROOT / "src" / "guandian" / "assets" / "examples" / "reviews.csv"
_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_ARGUMENTS = (
    "--no-sandbox", "--disable-background-networking", "--disable-gpu",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip
_ADDRESS = re.compile(r"(http://127\.0\.0\.1:\d+)/(?:#key=(\w+))?")
_SPY = """
window.broken = [];
addEventListener("securitypolicyviolation", (event) =>
  window.broken.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


def lacking() -> str:
    """What the tests of the dashboard lack, empty where nothing."""
    if _CHROMIUM is None:
        return "Chromium is not there: scripts/test_tools.sh installs it"
    if not BUILT.is_file():
        return "the dashboard is not built: make dashboard"
    return "" if AXE.is_file() else "axe-core is not there: make dashboard"


class Served:
    """A running service: its address, its first key, and answers over HTTP.

    Attributes:
        address: without a slash at its end.
        key: of the first start.
    """

    def __init__(self, address: str, key: str) -> None:
        self.address, self.key = address, key

    def ask(self, path: str, **query: object) -> Any:
        """The JSON that the service answers to a GET."""
        url = f"{self.address}{path}?{urlencode(query, doseq=True)}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def mine(self, file: Path, **choices: object) -> dict[str, Any]:
        """Upload a file and wait until it is mined; its job at the end."""
        bearer = {"Authorization": f"Bearer {self.key}"}
        url = f"{self.address}/v1/uploads?{urlencode({'name': file.name})}"
        upload = urllib.request.Request(
            url, file.read_bytes(), bearer | {"Content-Type": "text/csv"}
        )
        with urllib.request.urlopen(upload, timeout=60) as answer:
            body = json.dumps({"upload": json.load(answer)["upload"], **choices}).encode()
        begin = urllib.request.Request(
            f"{self.address}/v1/jobs", body, bearer | {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(begin, timeout=60) as answer:
            job: dict[str, Any] = json.load(answer)["job"]
        end = time.monotonic() + 180
        while job["finished"] is None and time.monotonic() < end:
            time.sleep(0.3)
            job = self.ask(f"/v1/jobs/{job['id']}")["job"]
        return job


@contextmanager
def serving(data: Path, *options: str) -> Iterator[Served]:
    """Start `guandian serve` on a folder, and end it at last."""
    command = [sys.executable, "-m", "guandian", "--language", "en", "serve", "--quiet"]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [*command, "--data", str(data), "--port", "0", "--threads", "1", *options],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        match = next((found for line in process.stdout if (found := _ADDRESS.search(line))), None)
        assert match is not None, "guandian serve ended before it told its address"
        served = Served(match[1], match[2] or "")
        _wait_for(f"{served.address}/healthz")
        yield served
    finally:
        process.terminate()
        process.wait(60)
        assert process.stdout is not None
        process.stdout.close()


def _wait_for(url: str) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium without a window, which asks nobody anything."""
    expect.set_options(timeout=30_000)  # a busy machine is no failure
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_ARGUMENTS))
        yield browser
        browser.close()


@contextmanager
def visit(
    browser: Browser,
    served: Served,
    path: str = "/",
    *,
    language: str = "en",
    width: int = 1280,
    theme: str = "light",
) -> Iterator[Page]:
    """A page of a reader of one's own.

    At its end it must have broken no policy, thrown nothing and asked no other host.
    """
    context: BrowserContext = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=theme,  # type: ignore[arg-type]
        locale={"zh": "zh-CN", "en": "en-GB"}[language],
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.add_init_script(_SPY)
    page, errors, hosts = context.new_page(), [], set()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    page.goto(f"{served.address}{path}#key={served.key}")
    page.wait_for_load_state("networkidle")
    yield page
    broken = page.evaluate("window.broken")
    context.close()
    assert (broken, errors) == ([], [])
    assert {host for host in hosts if host and host != served.address[7:]} == set()


def serious(page: Page) -> list[str]:
    """What axe finds serious or critical on a page, each with its place."""
    # The policy lets no script of ours in by address; the debugger's own evaluation may.
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def skip_where_lacking() -> None:
    """Skip with a word where the machine has no browser, or the pages are not built."""
    if why := lacking():
        pytest.skip(why)
