"""Words that judge, with their polarity: a person's own, some of them of one aspect alone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from guandian.domain import Polarity
from guandian.errors import BadRow, GuandianError
from guandian.files.columns.values import as_text
from guandian.files.formats.plain_rows import table_rows
from guandian.files.formats.source import refuse_missing
from guandian.files.table import Rejected
from guandian.text.aspect_names import aspect_key

_COLUMNS = {
    "word": ("word", "term", "expression", "opinion", "词", "词语", "评价词", "观点词"),
    "polarity": ("polarity", "sentiment", "label", "极性", "情感", "倾向"),
    "aspect": ("aspect", "target", "评价对象", "对象"),
}
_POLARITIES = {
    "positive": Polarity.POSITIVE, "pos": Polarity.POSITIVE, "1": Polarity.POSITIVE,
    "正面": Polarity.POSITIVE, "积极": Polarity.POSITIVE, "褒义": Polarity.POSITIVE,
    "negative": Polarity.NEGATIVE, "neg": Polarity.NEGATIVE, "-1": Polarity.NEGATIVE,
    "负面": Polarity.NEGATIVE, "消极": Polarity.NEGATIVE, "贬义": Polarity.NEGATIVE,
    "neutral": Polarity.NEUTRAL, "0": Polarity.NEUTRAL, "中性": Polarity.NEUTRAL,
}  # fmt: skip


@dataclass(frozen=True)
class PolarityLexicon:
    """Words with their polarity.

    Attributes:
        words: by the keys of a word and of its aspect, the latter empty where it holds of any.
        bad: rows that could not be read.
    """

    words: Mapping[tuple[str, str], Polarity]
    bad: tuple[BadRow, ...] = ()

    def polarity(self, expression: str, aspect: str | None) -> Polarity | None:
        """The polarity of an expression; a row of its aspect counts before one of any.

        Only the whole expression is looked up, so that `不好` is not `好`.
        """
        word, of = aspect_key(expression), aspect_key(aspect) if aspect else ""
        return self.words.get((word, of), self.words.get((word, "")))

    def digest(self) -> str:
        """What two lexicons share only if they say the same."""
        rows = sorted(f"{word}\t{of}\t{polarity}" for (word, of), polarity in self.words.items())
        return sha256("\n".join(rows).encode("utf-8", "replace")).hexdigest()[:16]


def read_lexicon(path: Path) -> PolarityLexicon:
    """Read a table with the columns `word`, `polarity` and perhaps `aspect`.

    A word that stands there with two polarities for one aspect is told as a bad row, and the first
    counts.

    Raises:
        GuandianError: the file cannot be read, lacks a column, or has no word.
    """
    refuse_missing(str(path))
    words: dict[tuple[str, str], Polarity] = {}
    bad: list[BadRow] = []
    with ExitStack() as closing:
        for row in table_rows(path, closing):
            if isinstance(row, Rejected):
                bad.append(row.error)
                continue
            cells = {name.strip().casefold(): as_text(value) for name, value in row.values.items()}
            lacking = [
                role for role in ("word", "polarity") if not cells.keys() & {*_COLUMNS[role]}
            ]
            if lacking:
                raise GuandianError(
                    f"{path} has no column {lacking[0]}: {', '.join(cells)[:200]}",
                    "name the columns word, polarity and perhaps aspect",
                )
            word, said, aspect = (
                next((text for name in names if (text := (cells.get(name) or "").strip())), "")
                for names in _COLUMNS.values()
            )
            polarity = _POLARITIES.get(said.casefold())
            if not word or polarity is None:
                why = f"{said!r} is no polarity" if word else "it is empty"
                bad.append(BadRow(str(path), row.line, "polarity" if word else "word", why))
                continue
            key = aspect_key(word), aspect_key(aspect) if aspect else ""
            if words.setdefault(key, polarity) is not polarity:
                why = f"{word!r} stands there with another polarity before"
                bad.append(BadRow(str(path), row.line, "polarity", why))
    if not words:
        raise GuandianError(
            f"{path} has no word with a polarity", "give rows such as 清晰,positive"
        )
    return PolarityLexicon(words, tuple(bad))
