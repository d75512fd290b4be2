"""Addresses of channels, as their makers show them or as apprise writes them."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs
from guandian.monitor.channels.unlogged import without_log

SCHEMAS = (
    "dingtalk", "feishu", "lark", "wecombot", "slack", "mailto", "mailtos", "json", "jsons",
    "form", "forms", "msteams", "workflows", "ntfy", "ntfys", "gotify", "gotifys", "bark", "barks",
)  # fmt: skip
"""Services that send to an address alone; others of apprise act on this machine."""
_HOSTED = ("json", "jsons", "form", "forms", "mailto", "mailtos", "gotify", "gotifys")
_FEISHU = re.compile(r"https://open\.feishu\.cn/open-apis/bot/v2/hook/([0-9A-Za-z-]{8,80})/?")
_DINGTALK = "https://oapi.dingtalk.com/robot/send"
_OFFER = (
    "e.g. wecombot://KEY, dingtalk://TOKEN, feishu://TOKEN, slack://..., mailtos://..., "
    "jsons://HOST/PATH"
)


def channel_address(address: str, *, private: bool = False) -> str:
    """An address as it is kept, checked as far as that is possible without sending.

    Args:
        address: as the maker shows it, or as apprise writes it.
        private: whether it may lead into private ranges.

    Raises:
        GuandianError: nothing can be sent there; its secret does not stand in the message.
    """
    address = _as_apprise(address.strip())
    if not address:
        raise GuandianError("no address was given", _OFFER)
    schema = address.partition("://")[0].lower()
    if schema == "wecom":
        raise GuandianError(
            "wecom:// leads to Pushplus, a third party, and not to a bot of WeCom",
            "write wecombot://KEY, with the key of the bot's web-hook address",
        )
    if schema not in (*SCHEMAS, "https"):
        raise GuandianError(f"{schema[:20]}:// is no channel of guandian", _OFFER)
    plugin = plugin_of(address)
    if plugin is None and schema == "https":
        address = f"jsons{address[5:]}"
        plugin = plugin_of(address)
    if plugin is None or _schema(plugin) not in SCHEMAS:
        raise GuandianError(f"nothing can be sent to this address of {schema}://", _OFFER)
    if not private and is_private_name(str(getattr(plugin, "host", "") or "")):
        raise GuandianError(
            "the address of the channel leads into a private range",
            "say --private if that is meant",
        )
    return address


def plugin_of(address: str) -> Any:
    """What apprise sends with; None where it knows no such address."""
    apprise = needs("apprise", "watch", "sending alerts")
    with without_log():
        return apprise.Apprise.instantiate(address, suppress_exceptions=True)


def is_private_name(host: str) -> bool:
    """Whether a name surely is of this machine or of a private range; nobody is asked."""
    host = host.strip("[]").rstrip(".").lower()
    if host == "localhost" or host.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        return not is_public(ipaddress.ip_address(host))
    except ValueError:
        return False


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is anybody's, not of this machine, a private network or a multicast."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address in _NAT64:
            return False
    return address.is_global and not address.is_multicast


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _as_apprise(address: str) -> str:
    """The address in apprise's words, where apprise does not read it as its maker shows it."""
    if match := _FEISHU.fullmatch(address):
        return f"feishu://{match[1]}"
    if address.startswith(_DINGTALK):
        query = parse_qs(urlsplit(address).query)
        token, secret = query.get("access_token", [""])[0], query.get("secret", [""])[0]
        if token.isalnum() and (not secret or secret.isalnum()):
            return f"dingtalk://{secret}@{token}" if secret else f"dingtalk://{token}"
    return address


def _schema(plugin: Any) -> str:
    schemas = plugin.schemas() if callable(getattr(plugin, "schemas", None)) else set()
    return next((name for name in SCHEMAS if name in schemas), "")


def shown_address(address: str) -> str:
    """An address without its secrets: of web hooks and mail the host, of others the service."""
    plugin, schema = plugin_of(address), address.partition("://")[0]
    if plugin is None or schema not in _HOSTED:
        return f"{schema}://…"
    port = f":{plugin.port}" if getattr(plugin, "port", None) else ""
    return f"{schema}://{plugin.host}{port}/…"
