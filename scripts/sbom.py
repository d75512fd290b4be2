"""The bill of materials of a wheel as CycloneDX 1.6: what it needs, what its pages and model are.

    python scripts/sbom.py [FILE]

Equal sources give equal bytes. The build hook puts it into the wheel (PEP 770).
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

ROOT = Path(__file__).resolve().parent.parent
BUNDLE = "src/guandian/assets/bundles/guandian-small"


def sbom(root: Path = ROOT) -> dict[str, Any]:
    """The bill of the sources in a folder."""
    version = re.search(r'__version__ = "(.+)"', _read(root / "src/guandian/__init__.py"))
    assert version is not None
    purl = f"pkg:pypi/guandian@{version[1]}"
    product = {"type": "library", "name": "guandian", "version": version[1], "purl": purl}
    rows = [*_python(root), *_pages(root), _model(root)]
    # npm may hold one version in several places
    components = {row.get("purl", f"model:{row['name']}"): row for row in rows}
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {**product, "bom-ref": purl, "licenses": [_licence("Apache-2.0")]}
        },
        "components": [{**row, "bom-ref": ref} for ref, row in components.items()],
    }
    serial = uuid5(NAMESPACE_URL, json.dumps(bill, sort_keys=True))
    return {**bill, "serialNumber": f"urn:uuid:{serial}"}


def _python(root: Path) -> list[dict[str, Any]]:
    """The pinned packages: `required` where mining needs them itself, else `optional`."""
    project = tomllib.loads(_read(root / "pyproject.toml"))["project"]
    base = {_plain(re.split(r"[\[<>=!~; ]", line)[0]) for line in project["dependencies"]}
    rows = []
    for line in _read(root / "constraints.txt").splitlines():
        if pinned := re.fullmatch(r"([\w.-]+)==(\S+)", line):
            name, version = _plain(pinned[1]), pinned[2]
            scope = "required" if name in base else "optional"
            purl = f"pkg:pypi/{name}@{version.replace('+', '%2B')}"
            rows.append(
                {"type": "library", "name": name, "version": version, "scope": scope, "purl": purl}
            )
    return rows


def _pages(root: Path) -> list[dict[str, Any]]:
    """The packages that the dashboard's pages are built from, none of its tools."""
    packages = json.loads(_read(root / "dashboard/package-lock.json"))["packages"]
    rows = []
    for path, row in sorted(packages.items()):
        name = path.rpartition("node_modules/")[2]
        if name and not row.get("dev"):
            purl = f"pkg:npm/{name.replace('@', '%40')}@{row['version']}"
            library = {"type": "library", "name": name, "version": row["version"], "purl": purl}
            licence = {"licenses": [_licence(row["license"])]} if row.get("license") else {}
            rows.append(library | licence)
    return rows


def _model(root: Path) -> dict[str, Any]:
    manifest = json.loads(_read(root / BUNDLE / "manifest.json"))
    weights = manifest["files"]["weights.safetensors"]
    return {
        "type": "machine-learning-model",
        "name": manifest["name"],
        "version": manifest["version"],
        "hashes": [{"alg": "SHA-256", "content": weights["sha256"]}],
    }


def _licence(spdx: str) -> dict[str, Any]:
    return {"expression": spdx} if " " in spdx else {"license": {"id": spdx}}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def write(path: Path, root: Path = ROOT) -> None:
    """Write the bill to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(sbom(root), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "guandian.cdx.json")
