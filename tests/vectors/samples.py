"""Reviews of our own, and a file of word vectors for some of their words."""

from __future__ import annotations

from pathlib import Path

GOOD = [
    "屏幕很清晰😀，手感也好",
    "<b>Great</b> screen, great value",
    "电池很耐用👍",
    "物流快，屏幕好",
]
BAD = ["电池不耐用😡", "The screen broke at once", "客服很差，屏幕也差", "Bad value"]
TEXTS = GOOD + BAD
STRANGE = ["ПОНРАВИЛОСЬ", "<br>", "屏幕😀屏幕"]
GLOVE = "屏幕 1 0 0.5\nScreen 0.5 0.5 0\n电池 0 1 0\n, 0 0 0.25\n"


def write_glove(folder: Path, text: str = GLOVE) -> str:
    """Write a file of word vectors and return its path."""
    path = folder / "glove.txt"
    path.write_text(text, encoding="utf-8")
    return str(path)
