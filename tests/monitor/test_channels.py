"""Addresses are checked, connections guarded, secrets kept, messages cut."""

from __future__ import annotations

import logging
import socket

import pytest
from tests.monitor.receivers import Receiver, receiver

from guandian.errors import GuandianError
from guandian.monitor.channels import AlertMessage, ChannelError, channel_address, send_message
from guandian.monitor.channels.channel_addresses import is_private_name, shown_address
from guandian.monitor.channels.guarded import PrivateAddress, public_connections
from guandian.store.records.watching import ChannelRecord

TOKEN, UUID = "ab" * 32, "12345678-1234-1234-1234-123456789012"
MESSAGE = AlertMessage("a_1.fired.x", ["电池不耐用🔋", "battery"])


@pytest.mark.parametrize(
    ("shown", "address"),
    [
        (f"https://oapi.dingtalk.com/robot/send?access_token={TOKEN}", f"dingtalk://{TOKEN}"),
        (f"https://open.feishu.cn/open-apis/bot/v2/hook/{UUID}", f"feishu://{UUID}"),
        (f"wecombot://{UUID}", f"wecombot://{UUID}"),
        ("https://hooks.example.com/a/b", "jsons://hooks.example.com/a/b"),
    ],
)
def test_addresses_as_makers_show_them(shown: str, address: str) -> None:
    assert channel_address(f" {shown}\n") == address


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("wecom://abc", "Pushplus"),
        ("syslog://", "no channel"),
        ("exec://ls", "no channel"),
        ("nothing", "no channel"),
        (" \n", "no address was given"),
        ("feishu://", "nothing can be sent"),
        ("json://127.0.0.1:9/x", "private range"),
        ("jsons://10.1.2.3/x", "private range"),
        ("jsons://[::1]/x", "private range"),
        ("jsons://hook.localhost/x", "private range"),
    ],
)
def test_what_cannot_be_is_refused_when_it_is_set(address: str, why: str) -> None:
    with pytest.raises(GuandianError, match=why):
        channel_address(address)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::a00:1", "224.0.0.1", "100.64.0.1"]
)
def test_hidden_private_addresses_are_known(host: str) -> None:
    assert is_private_name(host)
    assert not is_private_name("example.com") and not is_private_name("1.1.1.1")


def test_every_connection_is_looked_at() -> None:
    with receiver() as its:
        with public_connections() as refused, pytest.raises(PrivateAddress):
            socket.create_connection(("localhost", its.port), timeout=5)
        assert refused and set(refused) <= {"127.0.0.1", "::1"}
        socket.create_connection(("127.0.0.1", its.port), timeout=5).close()


def test_a_name_that_leads_into_a_private_range_gets_nothing() -> None:
    with receiver() as its:
        channel = ChannelRecord("ops", its.address)  # not private: set before the name moved
        with pytest.raises(ChannelError, match=r"private range: 127\.0\.0\.1"):
            send_message(channel, MESSAGE)
        assert its.bodies == []


def test_a_redirect_does_not_lead_around_the_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first connection is let pass as a public one would be; where it redirects is refused."""
    with receiver() as public, receiver() as inner:
        verdicts = iter([True])
        public.status, public.location = 307, f"http://localhost:{inner.port}/"
        monkeypatch.setattr(
            "guandian.monitor.channels.guarded.is_public", lambda _: next(verdicts, False)
        )
        with pytest.raises(ChannelError, match="leads into a private range"):
            send_message(ChannelRecord("ops", public.address), MESSAGE)
        assert len(public.bodies) == 1 and inner.bodies == []


def test_a_message_arrives_and_no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with receiver() as its:
        channel = ChannelRecord("ops", its.address, private=True)
        send_message(channel, MESSAGE)
        assert its.ids == ["a_1.fired.x"] and "电池不耐用🔋" in its.bodies[0]["message"]
        its.status = 503
        with pytest.raises(ChannelError, match="it answered 503"):
            send_message(channel, MESSAGE)
    with pytest.raises(ChannelError) as failure:
        send_message(channel, MESSAGE)
    for words in (caplog.text, str(failure.value), repr(channel), shown_address(its.address)):
        assert "s3cret" not in words


def test_long_messages_are_cut_within_bytes_and_keep_their_id() -> None:
    message = AlertMessage("a_1.fired.x", ["差评🔋" * 900])
    text = message.text(2048)
    assert len(text.encode()) <= 2048 and text.endswith("…\n[a_1.fired.x]")
    assert Receiver().bodies == []
