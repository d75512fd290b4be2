"""Videos: frames that differ and what is said, each with its moment, and shown again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.media.drawn import Scripted, line
from tests.media.recorded import Hears

from guandian.cli.media.media_commands import show_media
from guandian.domain import Language, Mined, Opinion, Polarity, Review, Span
from guandian.domain.records import UNKNOWN_SENTIMENT
from guandian.errors import GuandianError
from guandian.files import RejectFile, to_wire
from guandian.media import MediaReader, picture_of, places_of, sound_of

av = pytest.importorskip("av")
SIDES = (160, 120)
CAPTIONS = (None, "屏幕清晰", "屏幕清晰", "电池不耐用")
"""What is drawn in each of the seconds."""


def film(path: Path, *, sound: bool = True) -> Path:
    """Four seconds at five frames a second: a bar for each caption, and a tone."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=5)
        video.width, video.height = SIDES
        video.pix_fmt, video.bit_rate = "yuv420p", 2_000_000
        audio = container.add_stream("aac", rate=16_000) if sound else None
        if audio is not None:
            audio.layout = "mono"
        for number in range(5 * len(CAPTIONS)):
            pixels = np.full((SIDES[1], SIDES[0], 3), 230, np.uint8)
            words = CAPTIONS[number // 5]
            if words is not None:
                pixels[80:100, 10 : 10 + 20 * len(words)] = 10
            for packet in video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")):
                container.mux(packet)
        container.mux(video.encode())
        if audio is not None:
            tone = (9000 * np.sin(np.arange(64_000) / 9)).astype("<i2")[None]
            frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            frame.sample_rate = 16_000
            container.mux([*audio.encode(frame), *audio.encode()])
    return path


class ReadsBars:
    """Reads a caption by the length of its bar."""

    def __init__(self) -> None:
        self.looked = 0

    def lines(self, pixels: Any) -> Any:
        """The line of the bar, if there is one."""
        self.looked += 1
        dark = int((pixels[90] < 120).all(axis=-1).sum())
        words = {4: "屏幕清晰", 5: "电池不耐用"}.get(round(dark / 20))
        return [] if words is None else Scripted(line(words, 10, 80, 10 + dark, 100)).lines(pixels)


def test_frames_that_differ_and_what_is_said_are_reviews(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    eyes, rejects = ReadsBars(), RejectFile()
    reader = MediaReader(eyes, Hears("很好"))
    reviews = list(reader.reviews([path], rejects))
    assert [(review.id, review.text) for review in reviews] == [
        ("a.mp4@1s", "屏幕清晰"), ("a.mp4@3s", "电池不耐用"), ("a.mp4", "很好"),
    ]  # fmt: skip
    assert eyes.looked == 3, "a frame that is like the one before is not read"
    places = [places_of(review) for review in reviews]
    assert [its and (its.kind, its.at) for its in places] == [
        ("picture", 1000), ("picture", 3000), ("sound", None),
    ]  # fmt: skip
    first, last, said = places
    assert first and last and said
    assert picture_of(path, last).pixels[90, 105].max() < 60
    assert picture_of(path, first).pixels[90, 105].min() > 180
    assert 3900 <= said.extent[0] <= 4200 and not sound_of(path).silent


def test_the_page_shows_the_frame_and_plays_the_words(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    reviews = list(MediaReader(ReadsBars(), Hears("很好")).reviews([path], RejectFile()))
    rows = []
    for review in reviews:
        span = Span(0, 2)
        opinion = Opinion(span, None, span, "overall", Polarity.POSITIVE, 0.9, "好")
        mined = Mined(
            review.id, Language.CHINESE, UNKNOWN_SENTIMENT, (opinion,), (), (), "scripted@1"
        )
        rows.append(json.dumps(to_wire(review, mined), ensure_ascii=False))
    (tmp_path / "mined.jsonl").write_text("\n".join(rows), "utf-8")
    show_media(tmp_path / "mined.jsonl", [path], tmp_path / "page.html")
    html = (tmp_path / "page.html").read_text("utf-8")
    assert html.count("data:image/jpeg") == 2 and html.count("data:audio/wav") == 1
    assert '<rect class="positive" x="0" y="1"' in html and "<script" not in html


def test_what_is_no_video_or_without_sound_ends_declared(tmp_path: Path) -> None:
    silent = film(tmp_path / "silent.mp4", sound=False)
    reader = MediaReader(ReadsBars(), Hears("很好"))
    assert len(list(reader.reviews([silent], RejectFile()))) == 2
    with pytest.raises(GuandianError, match="without sound"):
        sound_of(silent)
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(silent.read_bytes()[:2000])
    page = tmp_path / "page.mkv"
    page.write_text("<html>concat:secret</html>")
    for bad in (cut, page):
        with pytest.raises(GuandianError, match="broken or cut off"):
            list(reader.reviews([bad], RejectFile()))
    rejects = RejectFile(tmp_path / "rejects.jsonl")
    with rejects:
        whole = list(reader.reviews([cut, silent, page], rejects, stop=False))
    assert len(whole) == 2 and rejects.count == 2
    wrong = Review("x", whole[0].text, extra=whole[0].extra)
    places = places_of(wrong)
    assert places is not None
    from dataclasses import replace

    with pytest.raises(GuandianError, match="no frame at 1001 ms"):
        picture_of(silent, replace(places, at=1001))
