"""Changed copies of labelled texts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from guandian.data.augmentation.transforms import Change
from guandian.data.leaks import text_key
from guandian.domain import Labelled
from guandian.text.edits import edited


@dataclass(frozen=True)
class Augmenter:
    """Makes changed copies of labelled texts, each by one change that is drawn.

    Attributes:
        changes: what is drawn from.
        times: how many copies of a text.
        seed: equal seeds give equal copies, whatever else is copied.
    """

    changes: tuple[Change, ...]
    times: int = 1
    seed: int = 1

    def copies(self, record: Labelled) -> list[Labelled]:
        """Copies of one text, all different; fewer than asked where it offers no more."""
        seen = {text_key(record.text)}
        copies: list[Labelled] = []
        for number in range(1, self.times + 1):
            key = f"{self.seed}:{number}:{record.id}"
            random = Random(key.encode(errors="surrogatepass"))  # noqa: S311
            for change in random.sample(self.changes, len(self.changes)):
                changed = edited(record, change.edits(record, random))
                if text_key(changed.text) not in seen:
                    seen.add(text_key(changed.text))
                    copies.append(as_copy(changed, record, number))
                    break
        return copies


def as_copy(changed: Labelled, record: Labelled, number: int) -> Labelled:
    """The changed record as the copy of that number, with the text that it was made from."""
    return replace(changed, id=f"{record.id}+{number}", original=record.original or record.text)


def new_copies(
    copies: Iterable[Labelled], others: Iterable[Labelled], forbidden: Collection[str] = ()
) -> Iterator[Labelled]:
    """The copies whose text stands nowhere else, each with an id of its own.

    Args:
        copies: of some records.
        others: records whose texts and ids no copy may have.
        forbidden: keys of further texts (`text_key`).
    """
    records = list(others)
    ids = {record.id for record in records}
    seen = {text_key(record.text) for record in records} | set(forbidden)
    for copy in copies:
        key = text_key(copy.text)
        if key in seen:
            continue
        seen.add(key)
        own = copy.id
        while own in ids:
            own += "+"
        ids.add(own)
        yield replace(copy, id=own)
