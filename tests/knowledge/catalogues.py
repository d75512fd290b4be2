"""A small catalogue that the tests of this room share."""

from __future__ import annotations

from pathlib import Path

from guandian.knowledge.linking.linker import Linker
from guandian.knowledge.reading.read_catalogue import read_catalogue

TABLE = """品牌,系列,型号,部件,别名
华为,Mate 系列,Mate 60 Pro,屏幕;电池;摄像头,M60P
华为,P 系列,P60,屏幕,
小米,,小米14,屏幕;电池,mi14
小米,,小米15,,
苹果,iPhone,iPhone 15,电池,爱疯15
"""
MATE, MI14, MI15 = "model:华为 mate 系列 mate 60 pro", "model:小米 小米14", "model:小米 小米15"


def linker(folder: Path, table: str = TABLE) -> Linker:
    """A linker of a table."""
    path = folder / "catalogue.csv"
    path.write_text(table, "utf-8")
    return Linker(read_catalogue(path).graph)
