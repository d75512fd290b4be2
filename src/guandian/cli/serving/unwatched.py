"""Why a store would never tell of anything: columns that no review has, too few complaints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from guandian.cli.console.notes import tell

if TYPE_CHECKING:
    from guandian.monitor.alerts.watching import WatchTerms
    from guandian.store import StoreReader


def tell_unwatched(reader: StoreReader, series: int, terms: WatchTerms) -> None:
    """Say so on standard error; of a store without reviews nothing.

    Args:
        reader: of the store.
        series: how many are watched.
        terms: of the shop.
    """
    if not reader.overview().reviews:
        return
    columns = reader.own_columns()
    for name in terms.own:
        if name not in columns:
            tell(f"no review has a column {name}; columns: {', '.join(columns) or '–'}")
    if not series:
        tell(f"no series has {terms.least:,} complaints, as --least wants")
