"""Run the notebook in an empty folder and write it with its outputs; `python scripts/notebook.py`.

With `-o FILE` the outputs go there, and the notebook in docs/ stays as it is; with `--folder` it
runs in that folder, and what it makes stays.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "docs" / "notebooks" / "guandian.ipynb"
SECONDS = 300


def run(source: Path, out: Path, folder: Path) -> None:
    """Run all cells in a folder; the first error ends it."""
    notebook: Any = nbformat.read(source, as_version=4)  # type: ignore[no-untyped-call]
    # Sockets in a folder, so that no port is opened; `ip` is what their names begin with.
    sockets = {"transport": "ipc", "ip": str(folder / "kernel")}
    client = NotebookClient(
        notebook,
        config=Config({"KernelManager": sockets}),
        kernel_name="python3",
        timeout=SECONDS,
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    own = os.environ.get("PYTHONPATH", "")
    client.execute(env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{own}"})
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.write(notebook, out)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=NOTEBOOK)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as empty:
        run(NOTEBOOK, asked.out, asked.folder or Path(empty))
