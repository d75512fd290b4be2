"""Build the wheel, install it into a fresh environment without torch, mine with the network cut.

Python's sockets are cut by an audit hook in that environment; where the system lets us, the whole
process also runs in a network namespace of its own that has no way out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DISPLAY = """
import guandian
html = guandian.open().mine("屏幕很清晰😀，但是电池不耐用")._repr_html_()
assert "很清晰</span>😀" in html, html
"""
CALL = ("mine", "--text", "屏幕很清晰😀，但是电池不耐用")
NO_NETWORK = """
import sys

def refuse(event, _):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"):
        raise OSError(f"the network is cut: {event}")

sys.addaudithook(refuse)
"""


def call(*command: str | Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, encoding="utf-8", check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{done.stdout}\nfailed with {done.returncode}: {' '.join(map(str, command))}")
    return done.stdout


def cut() -> list[str]:
    """The prefix that starts a program without any network, empty where it is not allowed."""
    for prefix in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare"):
            tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
            if tried.returncode == 0:
                return prefix
    return []


def pages_of(wheel: Path) -> str:
    """Whether the dashboard is in a wheel; it must be where this folder has it built."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    if not any(name.endswith(".dist-info/sboms/guandian.cdx.json") for name in names):
        sys.exit("the wheel lacks its bill of materials")
    there = "guandian/service/dashboard_files/index.html" in names
    if not there and (ROOT / "src/guandian/service/dashboard_files/index.html").is_file():
        sys.exit("the dashboard is built here, and the wheel lacks it")
    return "with the dashboard" if there else "without the dashboard (npm builds it)"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        pip = ("-m", "pip", "--disable-pip-version-check", "--quiet")
        call(sys.executable, *pip, "wheel", "--no-deps", "-w", place, ".")
        (wheel,) = place.glob("guandian-*.whl")
        print(f"built {wheel.name}, {wheel.stat().st_size / 1e6:.1f} MB, {pages_of(wheel)}")

        venv.create(place / "env", with_pip=True)
        python = place / "env" / "bin" / "python"
        call(python, *pip, "install", "--no-compile", "-c", "constraints.txt", wheel)
        (hook := place / "hook").mkdir()
        (hook / "sitecustomize.py").write_text(NO_NETWORK, "utf-8")
        env = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
        env |= {"PYTHONPATH": str(hook), "HOME": str(place), "PYTHONUTF8": "1"}

        probe = "import importlib.util as u, sys; sys.exit(u.find_spec('torch') is not None)"
        call(python, "-c", probe, env=env)
        guandian = place / "env" / "bin" / "guandian"
        prefix = cut()
        print(call(*prefix, guandian, *CALL, env=env).strip())
        call(*prefix, python, "-c", DISPLAY, env=env)
        print(f"ran without torch and without a network ({' '.join(prefix) or 'sockets refused'})")


if __name__ == "__main__":
    main()
