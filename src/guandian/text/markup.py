"""HTML in review texts: tags and entities, with a loose `<` or `&` left as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from guandian.text.alignment import Alignment, Edit, apply_edits

# Only known names are tags: <3, 3<5 and <iPhone> are what the buyer wrote.
_BLOCKS = frozenset(
    "address article aside blockquote body br caption center dd details div dl dt fieldset "  # noqa: SIM905
    "figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html iframe legend li main "
    "nav object ol option p pre section select summary table tbody td textarea tfoot th thead "
    "title tr ul video audio canvas".split()
)
_INLINE = frozenset(
    "a abbr acronym b base bdi bdo big button cite code col colgroup data del dfn em embed font i "  # noqa: SIM905
    "img input ins kbd label link map mark meta noscript param picture q rp rt ruby s samp script "
    "small source span strike strong style sub sup svg time tt u var wbr".split()
)
_TAG = re.compile(
    r"</?(?P<name>[A-Za-z][A-Za-z0-9]*)(?:[\s/][^<>]*)?>|<(?P<other>!--|!DOCTYPE\b|\?xml\b)",
    re.IGNORECASE,
)
_CONTENT = {
    "script": re.compile(r"</script\s*>", re.IGNORECASE),
    "style": re.compile(r"</style\s*>", re.IGNORECASE),
    "!--": re.compile("-->"),
    "!doctype": re.compile(">"),
    "?xml": re.compile(">"),
}
# Without its semicolon an entity is read only where nothing else can be meant.
_ENTITY = re.compile(
    r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
    r"|&(?:nbsp|lt|gt|amp|quot|[lr][ds]quo|hellip|mdash)(?![A-Za-z0-9=;])"
)
_MOST_LAYERS = 3  # &amp;amp;nbsp; comes from texts that were escaped again and again


def strip_html(text: str) -> tuple[str, Alignment]:
    """Take out tags, comments and scripts, and resolve entities.

    A tag that begins a new line on a page leaves a line break, any other leaves nothing.
    """
    alignment = Alignment.identity(len(text))
    if "<" in text:
        text, alignment = apply_edits(text, _tags(text))
    for _ in range(_MOST_LAYERS):
        if "&" not in text:
            break
        text, resolved = apply_edits(text, _entities(text))
        if resolved.is_identity:
            break
        alignment = alignment.then(resolved)
    return text, alignment


def _tags(text: str) -> Iterator[Edit]:
    reached = 0
    unclosed: set[str] = set()  # closed nowhere after here: searching again would be quadratic
    for match in _TAG.finditer(text):
        start, end = match.span()
        if start < reached:
            continue
        name = (match["name"] or match["other"]).lower()
        is_markup = name in _BLOCKS or name in _INLINE
        if name in _CONTENT and name not in unclosed and text[start + 1] != "/":
            closing = _CONTENT[name].search(text, end)
            if closing is None:
                unclosed.add(name)
            else:
                end, is_markup = closing.end(), True
        if is_markup:
            yield start, end, "\n" if name in _BLOCKS else ""
            reached = end


def _entities(text: str) -> Iterator[Edit]:
    for match in _ENTITY.finditer(text):
        entity = match.group() if match.group().endswith(";") else match.group() + ";"
        character = unescape(entity)
        if character != entity:
            yield match.start(), match.end(), character.replace("\xa0", " ")
