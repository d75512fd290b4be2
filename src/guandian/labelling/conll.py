"""CoNLL: a word first and its tag last on each line, a blank line between sentences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from guandian.data.readers.rows import ReaderSource, WrongField, read_lines
from guandian.data.readers.word_offsets import HAN, WordOffsets, join_words, locate_words
from guandian.domain import Entity, Labelled
from guandian.errors import GuandianError
from guandian.labelling.annotation import Item, Notes
from guandian.labelling.label_names import holds_polarity, role_of
from guandian.wording import explained, say

_TAG = re.compile(r"O|[BIMESLU]-\S+")  # BIO, BMES, BIOES and BILOU
_KEY = re.compile(r"# *[\w.]+ *=")  # CoNLL-U: # sent_id = 1
_TEXT = re.compile(r"# *text *= *(?P<text>.*\S)")  # CoNLL-U: the sentence as it was written
_DOCUMENT = ("#begin document", "#end document")  # CoNLL-2012
_NUMBER = re.compile(r"\d+(?:[-.]\d+)?")  # CoNLL-U: 1, the words 1-2 in one, 8.1 that is unsaid
_NO_WORD = "# no.word ="  # stands in the place of a line, so that lines are counted as they are
_GOES_ON, _ENDS = "IMEL", "ESLU"
_TWO_CLAUSES = re.compile(f"{HAN}.*[，。！？；、].*{HAN}")
_EXPORT = "in Label Studio choose Export, then JSON"


class _Sentence(NamedTuple):
    """The rows of a sentence, and how it was written, empty where the file does not say."""

    rows: list[_Row]
    text: str


class _Row(NamedTuple):
    """A line that is neither blank nor a comment: its word, which may be a blank, and its tag."""

    line: int
    word: str
    tag: str
    guessed: bool = False


def read_conll_items(source: ReaderSource, notes: Notes) -> Iterator[Item]:
    """Yield sentences of words: a word first and its tag (BIO, BIOES, BMES, BILOU) last on a line.

    Words are joined with blanks, or as Chinese is written where there is a Han character; a file
    of single characters without anything; as `# text =` has them where that agrees. White space
    may be a word. `-DOCSTART-` and comments, lines that begin with `#` and have no tag, are left
    out, and so are first columns of numbers. A tag that continues nothing begins.

    Raises:
        GuandianError: tags are parts of opinions, which such a file cannot hold; or it has numbers
            and tags, and no words.
    """
    path = source.files[0]
    lines = list(read_lines(path, source.report))
    if counting := _counting(lines, path):
        notes.add(say("first columns that only count, not read"), path.name)
        lines = list(_without_counting(lines, counting))
    sentences = list(_sentences(lines))
    rows = [row for sentence in sentences for row in sentence.rows]
    types = {row.tag.partition("-")[2] for row in rows if _TAG.fullmatch(row.tag)} - {""}
    refuse_roles(path, types)
    reader = _Reader(source, notes, tuple(sorted(types)), _of_characters(rows))
    if any(raw.split()[:2] == ["-DOCSTART-", "-X-"] for _, raw in lines[:5]):
        reader.note_label_studio(rows)
    for sentence in sentences:
        try:
            record = reader.sentence(sentence)
        except _WrongLine as error:
            source.bad(error.line, error.column, str(error))
            continue
        if record is not None:
            yield Item(record, record.id)


def refuse_roles(path: Path, types: Iterable[str]) -> None:
    """Refuse tags that are parts of opinions, or hold a polarity: `B-aspect`, `B-ASP-NEG`, `B-NEG`.

    Raises:
        GuandianError: there are such.
    """
    if roles := sorted(type for type in types if role_of(type) or holds_polarity(type)):
        raise GuandianError(
            f"{path} has the tags {', '.join(roles)}, parts of opinions: which belong together, "
            "and how they judge, no file of tags says",
            f"export again with relations: {_EXPORT}; in doccano JSONL (relation)",
        )


class _WrongLine(WrongField):
    """A line of a sentence that does not fit."""

    def __init__(self, line: int, column: str, reason: str) -> None:
        super().__init__(column, reason)
        self.line = line


def _counting(lines: Sequence[tuple[int, str]], path: Path) -> int:
    """How many first columns only count: of CoNLL-U one, of CoNLL-2012 three, the first a name.

    Raises:
        GuandianError: there is nothing between numbers and tags.
    """
    rows = [_columns(raw) for _, raw in lines if not raw.startswith(("#", "-DOCSTART-"))]
    usual = _usual(rows)
    words = [row for row in rows if len(row) >= max(usual, 2)]

    def counts(index: int) -> bool:
        return all(_NUMBER.fullmatch(row[index]) for row in words)

    if not words or not (counts(0) or (usual > 3 and counts(1) and _names_documents(rows))):
        return 0
    count = 1
    while count < usual - 1 and counts(count):
        count += 1
    if count == usual - 1 and len(words) > 1:
        raise GuandianError(
            f"{path} has columns that only count, and none of words",
            "write a word and its tag a line, a blank line between texts, named .conll",
        )
    return min(count, usual - 2)


def _names_documents(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first column is the same through each sentence, and one has two words."""
    following = [(row[0], other[0]) for row, other in pairwise(rows) if row and other]
    return bool(following) and all(name == other for name, other in following)


def _without_counting(lines: Sequence[tuple[int, str]], counting: int) -> Iterator[tuple[int, str]]:
    """The lines without their first columns; in CoNLL-U 1-2 and 8.1 are no words beside 1 and 2."""
    pattern = re.compile(rf"(?!#|-DOCSTART-)\s*(?:\S+\s+){{{counting - 1}}}(\S+)\s(.*)")
    parts = [pattern.match(raw) for _, raw in lines]
    plain = any(part and part[1].isdecimal() for part in parts)
    for (line, raw), part in zip(lines, parts, strict=True):
        if part is None:
            yield line, raw
        else:
            yield line, part[2] if part[1].isdecimal() or not plain else _NO_WORD


def _usual(rows: Iterable[Sequence[str]]) -> int:
    """How many columns most lines have."""
    counts = Counter(len(row) for row in rows if row)
    return max(counts, key=lambda number: (counts[number], number), default=0)


def _sentences(lines: Sequence[tuple[int, str]]) -> Iterator[_Sentence]:
    """The rows of each sentence; a line that cannot be read was told, and spoils its sentence."""
    usual = _usual(_columns(raw) for _, raw in lines)
    rows: list[_Row] = []
    last, whole, text = 0, True, ""
    for line, raw in lines:
        whole = whole and line == last + 1
        last = line
        columns = _columns(raw)
        if written := _TEXT.fullmatch(raw.rstrip()):
            text = written["text"]
        if columns and columns[0] != "-DOCSTART-":
            if not _is_comment(columns, raw, usual, inside=bool(rows)):
                rows.append(_row(line, columns, raw, usual))
            continue
        if rows and whole:
            yield _Sentence(rows, text)
        rows, whole, text = [], True, ""
    if rows and whole:
        yield _Sentence(rows, text)


def _columns(raw: str) -> list[str]:
    """Read a line; where there are tabs a word may hold blanks."""
    if "\t" in raw.strip():
        return [column.strip() for column in raw.split("\t") if column.strip()]
    return raw.split()


def _is_comment(columns: Sequence[str], raw: str, usual: int, *, inside: bool) -> bool:
    """Tell whether a line is a comment and no word #: it has no tag, or is not a word and a tag.

    Inside a sentence a line that is no longer than the others is a word whose tag is damaged.
    """
    if raw.startswith(_DOCUMENT):
        return True
    if raw.strip() != "#" and not raw.startswith("# "):
        return False
    if _KEY.match(raw):
        return True
    if len(columns) > 1 and _TAG.fullmatch(columns[-1]):
        return len(columns) > max(usual, 2)
    return len(columns) > usual or not inside


def _row(line: int, columns: Sequence[str], raw: str, usual: int) -> _Row:
    """A row; what lacks its word has white space for one."""
    tag = columns[-1]
    if len(columns) < usual and _TAG.fullmatch(tag):
        if raw[0].isspace():
            return _Row(line, " " if raw[0] == "\t" else raw[0], tag)
        if len(columns) == 1:
            return _Row(line, " ", tag, guessed=True)
    return _Row(line, columns[0] if len(columns) > 1 else "", tag)


def _of_characters(rows: Sequence[_Row]) -> bool:
    """Tell whether the words are characters, which stand together as they do in the text."""
    return not any(sum(character.isalnum() for character in row.word) > 1 for row in rows)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Makes reviews of sentences.

    Attributes:
        source: the file.
        notes: told what was guessed or looks wrong.
        types: the entity types that the file shows.
        characters: whether its words are single characters.
    """

    source: ReaderSource
    notes: Notes
    types: tuple[str, ...]
    characters: bool

    def sentence(self, sentence: _Sentence) -> Labelled | None:
        """The review of a sentence, None where it is white space alone.

        Raises:
            _WrongLine: a line has no tag, or its word holds a whole clause.
        """
        rows = sentence.rows
        id = self.source.id(rows[0].line)
        for row in rows:
            if not row.word or not _TAG.fullmatch(row.tag):
                cells = [row.word, row.tag] if row.word else [row.tag]
                reason = f"needs a word and a tag such as O or B-brand, got {cells}"
                raise _WrongLine(row.line, "tag", reason)
            if _TWO_CLAUSES.search(row.word):
                reason = f"the word {row.word[:40]!r} is several clauses, which one tag cannot fit"
                raise _WrongLine(row.line, "word", f"{reason}: {_EXPORT}")
            if row.guessed:
                note = say("lines of a tag alone, taken for blanks")
                self.notes.add(note, id)
        words = self._joined([row.word for row in rows], sentence.text)
        if not words.text.strip():
            return None
        entities = tuple(
            Entity(words.span(first, end), type, 1.0) for first, end, type in _tagged(rows)
        )
        return Labelled(
            id, words.text, self.source.dataset, entities=entities, entity_types=self.types
        )

    def _joined(self, words: Sequence[str], text: str) -> WordOffsets:
        if text and (as_written := locate_words(text, words)):
            return as_written
        if not self.characters:
            return join_words(words)
        places = tuple(range(len(words) + 1))
        return WordOffsets("".join(words), places[:-1], places[1:])

    def note_label_studio(self, rows: Sequence[_Row]) -> None:
        """Tell that Label Studio cuts Chinese at blanks alone."""
        chinese = re.compile(f"{HAN}{HAN}")
        if any(chinese.search(row.word) for row in rows):
            note = say("Label Studio cuts Chinese at blanks alone: spans are widened or lost")
            self.notes.add(f"{note}; {explained(_EXPORT)}", self.source.files[0].name)


def _tagged(rows: Sequence[_Row]) -> list[tuple[int, int, str]]:
    """The words `first` to `end` (half-open) of each entity, and its type."""
    tagged: list[tuple[int, int, str]] = []
    open_ = False
    for index, row in enumerate(rows):
        prefix, _, type = row.tag.partition("-")
        if not type:
            open_ = False
            continue
        if open_ and prefix in _GOES_ON and tagged[-1][2] == type:
            tagged[-1] = (tagged[-1][0], index + 1, type)
        else:
            tagged.append((index, index + 1, type))
        open_ = prefix not in _ENDS
    return tagged
