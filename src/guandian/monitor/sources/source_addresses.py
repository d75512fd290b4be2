"""Sources as people name them: a folder, or an address with what holds for all its reviews."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

from guandian.errors import GuandianError
from guandian.monitor.sources.folder_source import FolderSource
from guandian.monitor.sources.review_source import ReviewSource
from guandian.monitor.sources.source_terms import SourceTerms, shown_source

_OFFER = (
    "name a folder, https://HOST/FILE (JSON Lines, CSV, RSS, Atom), redis://HOST/0?stream=NAME "
    "or kafka://HOST:9092/TOPIC"
)


@dataclass(frozen=True, slots=True)
class NamedSource:
    """An address, and what holds for all reviews from there."""

    address: str
    labels: Mapping[str, str] = field(default_factory=dict)


def source_at(name: str, terms: SourceTerms) -> ReviewSource:
    """The source of an address.

    Args:
        name: a folder or an address; `#product=X200&shop=Berlin` behind it tells the product,
            brand, source and own columns of reviews that do not say them.
        terms: how it is read.

    Raises:
        GuandianError: there is no such source.
    """
    named = _named(name)
    parts = _split(named.address)
    if parts.scheme in ("http", "https"):
        from guandian.monitor.sources.web_source import WebSource

        return WebSource(named.address, terms, named.labels)
    if parts.scheme in ("redis", "rediss", "kafka"):
        from guandian.monitor.sources.stream_source import stream_source

        return stream_source(parts, named.labels)
    folder = Path(named.address)
    if "://" in named.address or not folder.is_dir():
        raise GuandianError(f"no reviews can be read from {_shown(parts, named.address)}", _OFFER)
    settled = {"settled": 0.0} if terms.once else {}
    return FolderSource(folder, terms.positions, named.labels, **settled)


def _named(name: str) -> NamedSource:
    address, mark, words = name.rpartition("#")
    if not mark or "=" not in words:
        return NamedSource(name)
    return NamedSource(address, dict(parse_qsl(words, keep_blank_values=True)))


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise GuandianError("the address of a source is none", _OFFER) from None
    return parts


def _shown(parts: SplitResult, address: str) -> str:
    return shown_source(parts) if "://" in address else address
