"""The files that a person names as knowledge, opened beside a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from guandian.mining.batching import LazyMiner

if TYPE_CHECKING:
    from guandian.errors import BadRow
    from guandian.knowledge.known_reviews import KnownThings


@dataclass(frozen=True)
class KnownFiles:
    """A catalogue and a lexicon.

    Attributes:
        catalogue: a table or JSON-LD; None without one.
        lexicon: a table of words with their polarity; None without one.
    """

    catalogue: Path | None = None
    lexicon: Path | None = None

    @property
    def paths(self) -> list[Path]:
        """The files that there are."""
        return [path for path in (self.catalogue, self.lexicon) if path is not None]

    def everywhere(self) -> KnownFiles:
        """The same with whole paths."""
        return KnownFiles(*(path and path.absolute() for path in (self.catalogue, self.lexicon)))

    @cached_property
    def opened(self) -> tuple[KnownThings, Sequence[BadRow]]:
        """What they hold, read once, and the rows that could not be read.

        Raises:
            GuandianError: one of them cannot be read at all.
        """
        from guandian.knowledge.checks.polarity_lexicon import read_lexicon
        from guandian.knowledge.known_reviews import KnownThings
        from guandian.knowledge.linking.linker import Linker
        from guandian.knowledge.reading.read_catalogue import read_catalogue

        bad: list[BadRow] = []
        linker = lexicon = None
        if self.catalogue is not None:
            catalogue = read_catalogue(self.catalogue)
            linker = Linker(catalogue.graph)
            bad += catalogue.bad
        if self.lexicon is not None:
            lexicon = read_lexicon(self.lexicon)
            bad += lexicon.bad
        return KnownThings(linker, lexicon), bad

    def beside(self, model: LazyMiner) -> LazyMiner:
        """The model, whose answers tell what is known; itself where there is no file."""
        if not self.paths:
            return model
        from guandian.mining.knowing_miner import knowing

        return knowing(model, self.opened[0])
