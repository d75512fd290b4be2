"""The wheel's build hook: its bill of materials, and the dashboard where Node is there.

An editable install runs it too and takes what is built already: it never needs Node.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

BUILT = "src/guandian/service/dashboard_files"
BILL = "build/guandian.cdx.json"


class WheelHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the bill of materials and the built pages into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the pages of a wheel that are not there yet."""
        if version == "editable" or self.target_name != "wheel":
            return
        build_data["sbom_files"].append(self._bill())
        built, sources = Path(self.root, BUILT), Path(self.root, "dashboard")
        if not (built / "index.html").is_file() and not self._build(sources):
            return
        # They are git-ignored, so the wheel would leave them out.
        build_data["artifacts"].append(f"/{BUILT}")

    def _bill(self) -> str:
        sys.path.insert(0, str(Path(self.root, "scripts")))
        from sbom import write

        write(Path(self.root, BILL), Path(self.root))
        return BILL

    def _build(self, sources: Path) -> bool:
        if not (sources / "package.json").is_file() or shutil.which("npm") is None:
            self._lacking("npm is not there")
            return False
        for command in (["npm", "ci", "--no-audit", "--no-fund"], ["npm", "run", "build"]):
            done = subprocess.run(command, cwd=sources, capture_output=True, text=True, check=False)
            if done.returncode:
                self._lacking(f"`{' '.join(command)}` failed: {done.stderr.strip()[-400:]}")
                return False
        return True

    def _lacking(self, why: str) -> None:
        self.app.display_warning(
            f"the wheel gets no dashboard, {why}; `make dashboard` builds it, with Node 20.19"
        )
