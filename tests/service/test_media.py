"""`/v1/media`: boxes in pictures and times in recordings, and what of a file is sent."""

from __future__ import annotations

import json
import wave
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from threading import Event, Semaphore

import numpy as np
import pytest
from httpx2 import Response
from tests.media.drawn import Scripted, line, save
from tests.media.recorded import recorded
from tests.service.callers import Caller, new_caller, problem

from guandian.errors import GuandianError
from guandian.media import COLUMN, Places, open_picture, picture_of, read_picture
from guandian.media.pictures.picture_file import Picture
from guandian.media.speech.sound_file import RATE
from guandian.service.answering import media_folder
from guandian.service.parts import Service
from guandian.service.settings import Beside, Limits

SEEN = "屏幕很清晰，但是电池不耐用"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("media")
    save(made / "a.png", size=(260, 100))
    return made


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Iterator[Service]:
    data = tmp_path_factory.mktemp("service") / "data"
    opened = Service.open(data, Limits(threads=1), beside=Beside(media=folder))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def caller(service: Service, folder: Path) -> Caller:
    """Whoever may do all, once the two files were read, mined and stored."""
    picture = read_picture(open_picture(folder / "a.png"), Scripted(line(SEEN, 0, 75, 260, 100)))
    sound = recorded(folder / "b.wav", "物流太慢了")
    rows = [row("a.png", *picture), row("b.wav", *sound)]
    text, places = picture
    strange = Places("picture", "../data/keys.secret", "0" * 64, (8, 8), places.text, ())
    rows += [row("outside", text, strange), row("masked", text + " 13812345678", places)]
    rows.append(row("long", text, replace(strange, file="x" * 300)))
    rows.append(json.dumps({"id": "plain", "text": "屏幕很好"}))
    admin = new_caller(service, "admin")
    job = admin.job("\n".join(rows).encode(), "read.jsonl")
    assert job["state"] == "done", job
    return admin


def row(id: str, text: str, places: Places) -> str:
    return json.dumps({"id": id, "text": text, COLUMN: places.column()}, ensure_ascii=False)


def test_opinions_have_their_boxes_and_the_picture_has_its_text_alone(caller: Caller) -> None:
    from PIL import Image

    answer = caller.get("/v1/media", params={"review": "a.png"})
    assert (answer["kind"], answer["served"], answer["extent"]) == ("picture", True, [260, 100])
    stored = caller.get("/v1/reviews/a.png")
    assert stored["media"] and [o["id"] for o in answer["opinions"]] == [
        o["id"] for o in stored["opinions"]
    ]
    for opinion, place in zip(stored["opinions"], answer["opinions"], strict=True):
        ((left, top, right, low),) = place["marks"]
        assert (top, low) == (75, 100)
        assert left == 20 * opinion["evidence"]["start"]
        assert right == 20 * opinion["evidence"]["end"]
    sent = caller("GET", "/v1/media/picture", params={"review": "a.png"})
    assert sent.headers["content-type"] == "image/jpeg"
    assert sent.headers["cache-control"] == "no-store"
    pixels = np.asarray(Image.open(BytesIO(sent.content)))
    assert pixels[80:].mean() < 10
    assert np.abs(pixels[:70].astype(int) - 232).max() < 12, "the red face was sent"


def test_a_sound_is_sent_in_parts(caller: Caller) -> None:
    answer = caller.get("/v1/media", params={"review": "b.wav"})
    assert answer["kind"] == "sound" and answer["extent"] == [2000]
    (opinion,) = answer["opinions"]
    assert opinion["marks"] == [[0, 1000]] and opinion["polarity"] == "negative"
    part = caller("GET", "/v1/media/sound", params={"review": "b.wav", "begin": 200, "end": 900})
    with wave.open(BytesIO(part.content)) as file:
        assert (file.getnframes(), file.getframerate()) == (700 * RATE // 1000, RATE)
    for begin, end in ((500, 500), (0, 60_001)):
        query = {"review": "b.wav", "begin": begin, "end": end}
        problem(caller("GET", "/v1/media/sound", params=query), 422, "invalid")


def test_what_a_review_says_of_its_file_opens_no_other(caller: Caller, service: Service) -> None:
    for id, status, kind in (
        ("outside", 404, "not-found"),
        ("long", 404, "not-found"),
        ("plain", 404, "not-found"),
        ("nobody", 404, "not-found"),
        ("b.wav", 404, "not-found"),
        ("masked", 409, "places"),
    ):
        problem(caller("GET", "/v1/media/picture", params={"review": id}), status, kind)
    assert not caller.get("/v1/media", params={"review": "outside"})["served"]
    other = new_caller(service, "admin", tenant="other")
    problem(other("GET", "/v1/media/picture", params={"review": "a.png"}), 404, "not-found")
    query = {"review": "a.png", "file": "b.wav"}
    problem(caller("GET", "/v1/media/picture", params=query), 422, "invalid")


def test_a_file_that_was_changed_is_not_sent(caller: Caller, folder: Path) -> None:
    was = (folder / "a.png").read_bytes()
    try:
        for content in (
            was[:100],
            (save(folder / "c.png", size=(260, 100), blank=True)).read_bytes(),
        ):
            (folder / "a.png").write_bytes(content)
            answer = caller("GET", "/v1/media/picture", params={"review": "a.png"})
            assert "was changed" in problem(answer, 404, "not-found")["detail"]
    finally:
        (folder / "a.png").write_bytes(was)


def test_a_slow_picture_keeps_no_other_out_and_too_many_are_refused(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, came, disk = [True], Semaphore(0), Event()

    def read(path: Path, places: Places) -> Picture:
        if slow and slow.pop():  # as from a disk that does not answer
            came.release()
            assert disk.wait(20)
        return picture_of(path, places)

    monkeypatch.setattr(media_folder, "picture_of", read)
    monkeypatch.setattr(media_folder, "_PATIENCE", 0.1)

    def ask() -> Response:
        return caller("GET", "/v1/media/picture", params={"review": "a.png"})

    with ThreadPoolExecutor(media_folder.AT_ONCE) as pool:
        asked = [pool.submit(ask)]
        assert came.acquire(timeout=20)
        assert ask().status_code == 200, "a picture waited for another one"
        slow += [True] * (media_folder.AT_ONCE - 1)
        asked += [pool.submit(ask) for _ in slow[:]]
        assert all(came.acquire(timeout=20) for _ in asked[1:])
        refused = ask()
        assert problem(refused, 429, "busy") and refused.headers["retry-after"] == "1"
        disk.set()
        assert [answer.result().status_code for answer in asked] == [200] * media_folder.AT_ONCE
    assert ask().status_code == 200


def test_a_folder_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(GuandianError, match="is no folder"):
        Service.open(tmp_path / "data", beside=Beside(media=tmp_path / "nowhere"))
    assert not (tmp_path / "data").exists()
