"""Jobs that every engine must do alike, and workers that other processes can open."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.mining.tiny import TinyMiner, model, write_csv

from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.mining.batching import LazyMiner
from guandian.mining.inputs import Inputs
from guandian.mining.job import Job

BAD = 'r900,"电池不耐用",杭州,one cell too many'
SHARP, POISON, DEADLY = "屏幕很清晰 ", "毒药", "猝死"


class Touchy(TinyMiner):
    """A miner that some words are too much for; answers tell which texts were read together."""

    def __init__(self, delay: float = 0.0) -> None:
        super().__init__(delay, restless=True)

    def mine(self, reviews: Sequence[Review]) -> list[Mined]:
        for review in reviews:
            if DEADLY in review.text:
                os._exit(3)
            if POISON in review.text:
                raise ZeroDivisionError("too much")
        return super().mine(reviews)


def open_touchy(delay: float = 0.0, key: str = "tiny") -> LazyMiner:
    return model(Touchy(delay), key)


def open_missing() -> LazyMiner:
    raise GuandianError("there is no bundle", "bring it here")


def job(folder: Path, **changes: object) -> Job:
    """Five chunks, a row of which cannot be read, and repeated texts."""
    if not (folder / "in.csv").exists():
        lines = write_csv(folder / "in.csv", 430).read_text("utf-8").splitlines()
        (folder / "in.csv").write_text("\n".join([*lines[:70], BAD, *lines[70:]]), "utf-8")
    made = Job(
        Inputs((str(folder / "in.csv"),), on_error="skip"),
        folder / "out.jsonl",
        open_touchy(),
        folder / "rejects.jsonl",
        workers=2,
        rows=90,
    )
    return replace(made, **changes)


Make = Callable[..., object]
"""Makes an engine from a source and the same model here."""
SOURCE = partial(open_touchy, 0.0)


def wait(seconds: float, until: Callable[[], object]) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
