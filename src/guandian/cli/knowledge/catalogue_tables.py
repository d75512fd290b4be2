"""Tables of catalogues and of links to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from guandian.cli.console.notes import tell
from guandian.cli.tables.evaluation_tables import columns
from guandian.display.tables import Fitted
from guandian.domain.linked import LinkCandidate, NodeKind, ReviewKnowledge
from guandian.errors import BadRow
from guandian.knowledge.product_graph import ProductGraph
from guandian.report.mined.single_review import shown
from guandian.wording import Name, counted, term

_SHOWN = 5
"""Bad rows that are told one by one; the others are counted."""


def kind_names() -> dict[NodeKind, Name]:
    """What the kinds of entries are called."""
    return {
        "brand": term("brand"),
        "series": term("series"),
        "model": term("model", sense="of a product"),
        "product": term("product"),
        "part": term("part", sense="of a product"),
    }


def tell_bad_rows(bad: Sequence[BadRow]) -> None:
    """Tell the rows that could not be read: the first ones, and how many more."""
    for row in bad[:_SHOWN]:
        tell(f"left out: {row.problem}")
    if len(bad) > _SHOWN:
        tell(f"left out: {len(bad) - _SHOWN} more bad rows")


def count_table(graph: ProductGraph) -> Fitted:
    """How many entries there are of each kind, and how many aliases these have."""
    table: Table = columns(term("kind"), term("entries"), term("aliases"))
    aliases = Counter({entry.kind: 0 for entry in graph})
    for entry in graph:
        aliases[entry.kind] += len(entry.aliases)
    for kind, count in graph.counts().items():
        if count:
            table.add_row(str(kind_names()[kind]), f"{count:,}", f"{aliases[kind]:,}")
    return Fitted(table)


def candidate_table(candidates: Sequence[LinkCandidate], graph: ProductGraph) -> Fitted:
    """What a name may mean, the best first."""
    table: Table = columns(
        term("name"), term("kind"), term("belongs to"), term("met by"), term("score")
    )
    for candidate in candidates:
        wholes = ", ".join(graph[key].name for key in graph.wholes(candidate.id))
        table.add_row(
            Text(shown(candidate.name)),
            str(kind_names()[candidate.kind]),
            Text(shown(wholes)),
            str(how_names()[candidate.how]),
            f"{candidate.score:.2f}",
        )
    return Fitted(table)


def how_names() -> dict[str, Name]:
    """How an entry was met."""
    return {
        "id": term("its id"),
        "name": term("its name"),
        "full": term("brand and name"),
        "alias": term("an alias"),
        "short": term("its name without the brand"),
        "near": term("a name a few letters away"),
    }


def link_counts(known: Sequence[ReviewKnowledge]) -> str:
    """How much of all reviews was linked, left open, proposed and noted."""
    links = [link for knowledge in known for link in knowledge.links]
    meant = sum(bool(link.id) for link in links)
    return " · ".join(
        (
            counted(len(known), "reviews"),
            counted(meant, "links"),
            counted(len(links) - meant, "ambiguous links"),
            counted(sum(len(knowledge.proposed) for knowledge in known), "proposed entities"),
            counted(sum(len(knowledge.notes) for knowledge in known), "notes"),
        )
    )
