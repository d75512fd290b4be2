"""The endpoint against a real server on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from guandian.data.augmentation import translated
from guandian.data.augmentation.chat_translator import Endpoint
from guandian.domain import Labelled
from guandian.errors import GuandianError


class Server(ThreadingHTTPServer):
    """Answers with the texts reversed, after the failures that it was given."""

    failures: list[tuple[int, str]]
    asked: list[dict[str, Any]]
    keys: list[str | None]
    answer: Any = None


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked.append({"path": self.path} | body)
        self.server.keys.append(self.headers.get("authorization"))
        code, text = self.server.failures.pop(0) if self.server.failures else (200, "")
        if code == 200:
            said = body["messages"][1]["content"][::-1]
            usual = {"choices": [{"message": {"role": "assistant", "content": f" {said}\n"}}]}
            text = json.dumps(usual if self.server.answer is None else self.server.answer)
        self.send_response(code)
        self.send_header("retry-after", "0")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("THE_KEY", "secret-1")
    with Server(("127.0.0.1", 0), Handler) as running:
        running.failures, running.asked, running.keys = [], [], []
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def endpoint(server: Server, **changes: Any) -> Endpoint:
    url = f"http://127.0.0.1:{server.server_port}/v1/"
    return Endpoint(url, "small", **({"pause": 0.01, "retries": 2} | changes))


def test_texts_go_out_and_come_back_in_their_order(server: Server) -> None:
    texts = [f"第{number}条😀评论" for number in range(9)]
    translator = endpoint(server, key_variable="THE_KEY")
    assert translator.translate(texts, "zh", "en") == [text[::-1] for text in texts]
    assert {asked["path"] for asked in server.asked} == {"/v1/chat/completions"}
    assert {asked["model"] for asked in server.asked} == {"small"}
    assert "from Chinese into English" in server.asked[0]["messages"][0]["content"]
    assert set(server.keys) == {"Bearer secret-1"}


def test_without_a_key_none_is_sent_and_copies_are_made(server: Server) -> None:
    record = Labelled("1", "快递真的很快", "own")
    (copy,) = translated([record], endpoint(server), paraphrase=True)
    assert copy.text == "快很的真递快"
    assert "other Chinese words" in server.asked[0]["messages"][0]["content"]
    assert set(server.keys) == {None}


def test_what_fails_for_now_is_tried_again(server: Server) -> None:
    server.failures = [(429, "slow down"), (503, "busy")]
    assert endpoint(server).translate(["好😀"], "zh", "en") == ["😀好"]
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("failures", "told", "count"),
    [
        ([(429, "too many")] * 9, "HTTP 429: too many\n.*wait and run it again", 3),
        ([(401, "wrong key")], "HTTP 401: wrong key", 1),
        ([(302, "elsewhere")], "HTTP 302", 1),
    ],
)
def test_what_stays_wrong_is_told(
    server: Server, failures: list[tuple[int, str]], told: str, count: int
) -> None:
    server.failures = failures
    translator = endpoint(server, key_variable="THE_KEY", parallel=1)
    with pytest.raises(GuandianError, match=told) as error:
        translator.translate(["好😀"], "zh", "en")
    assert "secret" not in str(error.value)
    assert len(server.asked) == count


def test_answers_of_another_form(server: Server) -> None:
    translator = endpoint(server)
    server.answer = {"choices": [{"message": {"content": None}}]}
    assert translator.translate(["好"], "zh", "en") == [""]
    server.answer = {"text": "x"}
    with pytest.raises(GuandianError, match=r"no chat completion.*\n.*before /chat"):
        translator.translate(["好"], "zh", "en")


def test_what_is_no_endpoint_is_refused_before_a_text_is_sent(server: Server) -> None:
    for url in ("file:///x", "127.0.0.1:80", "http://", "http://a:99999/v1"):
        with pytest.raises(GuandianError, match="is no endpoint"):
            Endpoint(url, "small")
    with pytest.raises(GuandianError, match=r"variable NO_KEY holds no key\n.*export NO_KEY"):
        endpoint(server, key_variable="NO_KEY")
    server.server_close()
    with pytest.raises(GuandianError, match="ConnectError"):
        endpoint(server).translate(["好😀"], "zh", "en")
