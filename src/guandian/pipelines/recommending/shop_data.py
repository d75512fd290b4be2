"""What a recommender is built from: files of behaviour, of items and of mined reviews."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

from guandian.errors import GuandianError
from guandian.files import RejectFile, read_mined
from guandian.io.optional_libraries import needs
from guandian.recommend.behaviour.actions import Behaviour, joined_behaviour
from guandian.recommend.behaviour.behaviour_files import read_behaviour
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.behaviour.mined_reviews import behaviour_of_reviews
from guandian.recommend.behaviour.published_marks import ENDING, read_entries
from guandian.recommend.opinions.review_quotes import ReviewQuote, quotes_of
from guandian.text.aspect_names import Synonyms, synonyms


@dataclass(frozen=True, slots=True, eq=False)
class ShopData:
    """All that is known of a shop.

    Attributes:
        behaviour: of users; its items include those that nobody has touched yet.
        catalogue: of items.
        quotes: of mined reviews.
    """

    behaviour: Behaviour
    catalogue: Catalogue
    quotes: tuple[ReviewQuote, ...]

    def without_texts(self) -> ShopData:
        """All but what items and reviews say in words; opinions stay."""
        return replace(
            self,
            behaviour=replace(self.behaviour, texts=None),
            catalogue=Catalogue({}, self.catalogue.columns),
        )

    def without_users(self, names: Sequence[str]) -> ShopData:
        """All but what some users did, said and wrote."""
        gone = set(names)
        return replace(
            self,
            behaviour=self.behaviour.without_users(names),
            quotes=tuple(quote for quote in self.quotes if quote.user not in gone),
        )


def read_shop(
    data: Sequence[Path],
    items: Path | None = None,
    mined: Sequence[Path] = (),
    rejects: RejectFile | None = None,
    store: Path | None = None,
    *,
    needed: bool = True,
) -> ShopData:
    """Read the files.

    Args:
        data: behaviour: CSV, TSV, JSON Lines, or the published rows of phones (`.entry`).
        items: texts and columns of items.
        mined: what `guandian mine` wrote of the items' reviews.
        rejects: takes rows of behaviour that cannot be read.
        store: a store of mined reviews, those of its first tenant, as people corrected them.
        needed: whether there has to be behaviour; what is new to a model may be items alone.

    Raises:
        BadRow: a row that cannot be read.
        GuandianError: a file is missing, or there is no behaviour at all.
        DamagedStore: parts of the store are missing.
    """
    parts: list[Behaviour] = []
    titles: dict[str, str] = {}
    for path in data:
        if path.suffix == ENDING:
            behaviour, named = read_entries(path)
            titles |= named
        else:
            behaviour = read_behaviour(path, rejects)
        parts.append(behaviour)
    names, quotes = synonyms(), list[ReviewQuote]()
    for path in mined:
        parts.append(behaviour_of_reviews(read_mined(path), names))
        quotes += quotes_of(read_mined(path), names)
    if store is not None:
        behaviour, quoted = _stored(store, names)
        parts.append(behaviour)
        quotes += quoted
    if needed and not any(map(len, parts)):
        raise GuandianError(
            "there is no behaviour to learn from",
            "name files with --data, or reviews with users and products with --mined or --store",
        )
    catalogue = Catalogue.read(items) if items else Catalogue.none()
    catalogue = Catalogue(titles | dict(catalogue.texts), catalogue.columns)
    whole = reduce(joined_behaviour, parts, Behaviour.none())
    things = dict.fromkeys([*whole.items, *catalogue.texts])
    return ShopData(replace(whole, items=tuple(things)), catalogue, tuple(quotes))


def _stored(folder: Path, names: Synonyms) -> tuple[Behaviour, list[ReviewQuote]]:
    """What the first tenant's reviews say; where people corrected them, what they said."""
    needs("duckdb", "serve", "reading a store")
    from guandian.store.readings import Readings, refuse_incomplete
    from guandian.store.records import Records
    from guandian.store.records.database import FILE
    from guandian.store.store import MAIN, Store

    with ExitStack() as held:
        store = held.enter_context(Store.open(folder))
        if (folder / FILE).exists():
            reader = Readings(store, held.enter_context(Records.open(folder))).reader(MAIN)
        else:
            reader = store.reader(MAIN)
        refuse_incomplete(reader)
        pairs, merged = list(reader.reviews()), {**names, **reader.aspect_names}
    return behaviour_of_reviews(pairs, merged), quotes_of(pairs, merged)
