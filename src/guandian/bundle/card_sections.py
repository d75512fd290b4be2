"""Sections of a bundle's card: each is written anew by whoever measured it, the others stay."""

from __future__ import annotations

from guandian.bundle.bundle import Bundle, amend_bundle

CARD = "card.md"
_MARK = "\n## "


def with_section(card: str, heading: str, body: str) -> str:
    """A card with a section written anew: in its old place, or at the end.

    Args:
        card: Markdown.
        heading: of the section, without its mark.
        body: what stands below; it has no heading of that level itself.
    """
    section = f"## {heading}\n\n{body.strip()}\n"
    before, there, after = f"\n{card}".partition(f"{_MARK}{heading}\n")
    if not there:
        return f"{card.rstrip()}\n\n{section}"
    _, mark, rest = after.partition(_MARK)
    return f"{before.strip()}\n\n{section}" + (f"{mark}{rest}" if mark else "")


def amend_card(bundle: Bundle, heading: str, body: str) -> Bundle:
    """The same bundle with a section of its card written anew; its checksums follow.

    Raises:
        GuandianError: it cannot be written.
    """
    there = CARD in bundle.manifest.files
    card = bundle.file(CARD).read_text("utf-8") if there else f"# {bundle.manifest.id}\n"
    return amend_bundle(bundle, files={CARD: with_section(card, heading, body).encode()})
