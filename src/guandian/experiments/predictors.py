"""Systems to score, by their folders or answers, and the labelled reviews to score them on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from guandian.bundle import shipped_names
from guandian.data import corpus as known_corpus
from guandian.data import read, stream
from guandian.data.corpora import corpus_files
from guandian.data.formats import part_files
from guandian.data.leaks import text_digest
from guandian.data.taxonomy import all_to_default, counted_names, taxonomy
from guandian.domain import Labelled, Mined, Review
from guandian.errors import BadRow, GuandianError, likely, reason
from guandian.evaluation import (
    Contender,
    Mode,
    Options,
    QuadPredictor,
    Recorded,
    contend,
)
from guandian.files.output.json_record import from_wire
from guandian.io.bounded import lines_of
from guandian.llm import LLMMiner, read_description
from guandian.mining.miner import Miner
from guandian.pipelines import custom_named, open_miner
from guandian.pipelines.language_models import is_description, language_miner
from guandian.tasks.task import Task
from guandian.tracking.run_folder import learned_before
from guandian.tracking.status import meant_run
from guandian.wording import Name, say, term

_SHOWN = 5
"""Bad rows that are told one by one; the others are counted."""


@dataclass(frozen=True)
class LabelledPlace:
    """The place of labelled reviews: a file or folder, or a known set under a root.

    `mapped` asks for the default categories; `tell` is told of rows that are left out.
    """

    data: Path | None
    format: str
    corpus: str | None
    root: Path | None
    mapped: bool
    tell: Callable[[str], None]
    told_rows: set[str] = field(default_factory=set)

    @property
    def mode(self) -> Mode:
        """The way the set's own competition compares spans: Zhijiang by their characters."""
        kind = known_corpus(self.corpus).format if self.corpus else self.format
        return "text" if kind == "zhijiang" else "span"

    def within(self, parts: Sequence[str]) -> Sequence[str]:
        """The parts, or none where all there is is one file."""
        return () if self.data is not None and self.data.is_file() else parts

    def read(self, parts: Sequence[str], groups: Sequence[str] = ()) -> list[Labelled]:
        """The reviews of these parts, perhaps of some groups; bad rows are told and left out."""
        bad: list[BadRow] = []
        reader: Callable[..., Iterator[Labelled]]
        if self.corpus is not None and self.root is not None and self.data is None:
            reader = partial(stream, self.corpus, self.root, on_error=bad.append)
        elif self.data is not None and self.corpus is None:
            reader = partial(read, self.format, self.data, on_error=bad.append)
        else:
            raise GuandianError(
                "which labelled reviews to score on is not clear",
                "name a file or folder (DATA, with --format), or --corpus NAME with --root FOLDER",
            )
        rows = [row for part in self.within(parts) or parts[:1] for row in reader(part=part)]
        self._tell(bad)
        if not rows:
            raise GuandianError("no labelled review to score on", "choose another part or file")
        rows = _of_groups(rows, groups) if groups else rows
        return all_to_default(rows) if self.mapped else rows

    def comparable(
        self, parts: Sequence[str], groups: Sequence[str] = (), *, required: bool = False
    ) -> tuple[list[Labelled], bool]:
        """Read the reviews, and say whether they have the default categories.

        Categories that map to none of them are compared as they are unless the mapping is
        `required`, and that is told.
        """
        try:
            return self.read(parts, groups), self.mapped
        except GuandianError as error:
            if required or not self.mapped:
                raise
            reviews = replace(self, mapped=False).read(parts, groups)
            self.tell(error.problem)
            return reviews, False

    def _tell(self, bad: list[BadRow]) -> None:
        """Tell rows, each once even where a part is read again."""
        fresh = [row for row in dict.fromkeys(map(str, bad)) if row not in self.told_rows]
        self.told_rows.update(fresh)
        for row in fresh[:_SHOWN]:
            self.tell(f"left out: {row}")
        if len(fresh) > _SHOWN:
            self.tell(f"left out: {len(fresh) - _SHOWN} more bad rows")

    def train(self) -> list[Labelled]:
        """The reviews that baselines may learn from."""
        if not self.within(("train",)):
            raise GuandianError(
                "--baselines learns from a train part beside the one that is scored",
                "name a folder with both, or --corpus NAME with --root FOLDER",
            )
        return self.read(("train",))


def _of_groups(examples: list[Labelled], groups: Sequence[str]) -> list[Labelled]:
    chosen = [example for example in examples if example.group in groups]
    if lacking := sorted({*groups} - {example.group for example in chosen}):
        names = sorted({example.group for example in examples} - {""})
        raise GuandianError(
            f"no labelled review is in a group {lacking[0]!r}",
            f"{likely(lacking[0], names)}the groups are: {', '.join(names)}"
            if names
            else "leave --group out: there is none",
        )
    return chosen


def learned_remarks(path: Path, name: str, rows: Sequence[Labelled]) -> list[Name]:
    """How many labelled reviews a system has learned from, as its run recorded it; none is nothing.

    Args:
        path: of a run, of its bundle, or of an ensemble of such.
        name: of the system.
        rows: what it is scored on.
    """
    digests = learned_before(path)
    learned = sum(text_digest(row.text) in digests for row in rows) if digests else 0
    if not learned:
        return []
    words = term(
        "it learned from {learned:,} of the {rows:,} texts: scores on them tell nothing of new "
        "ones",
        learned=learned,
        rows=len(rows),
    )
    return [Name(f"{name}: {words.zh}", f"{name}: {words.en}")]


def labelled_files(
    data: Path | None, format: str, corpus: str | None, root: Path | None, parts: Sequence[str]
) -> list[Path]:
    """The files that such a `LabelledPlace` opens to read these parts, there or not."""
    files = [] if data is None else [p for part in parts for p in part_files(format, data, part)]
    return files if corpus is None or root is None else [*files, *corpus_files(corpus, root)]


class System(NamedTuple):
    """A predictor, its name in the report, and whether its confidence was ever fitted."""

    name: str
    predictor: QuadPredictor
    fitted: bool = True

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The labels of whole reviews that it declares; recorded answers declare none."""
        return self.predictor.labels.spec.tasks if isinstance(self.predictor, Miner) else ()

    @property
    def has_default_categories(self) -> bool:
        """Tell whether it is a model that answers in the default taxonomy."""
        if isinstance(self.predictor, LLMMiner):
            return True
        return isinstance(self.predictor, Miner) and self.predictor.labels.spec.categories == tuple(
            taxonomy()
        )

    def score(
        self,
        rows: list[Labelled],
        data: str,
        mode: Mode,
        seed: int,
        tell: Callable[[str], None],
    ) -> Contender:
        """Ask it about labelled reviews and score the answers, in categories that it knows.

        Args:
            rows: the labelled reviews.
            data: the name of those for the report.
            mode: how spans are compared, see `Mode`.
            seed: of the bootstrap.
            tell: told if its categories are not those of the labels.
        """
        return contend(self.predictor, self.gold(rows, tell), self.options(data, mode, seed))

    def options(self, data: str, mode: Mode, seed: int) -> Options:
        """Options to score it by, on data of that name."""
        return Options(self.name, data, mode=mode, seed=seed, tasks=self.tasks, fitted=self.fitted)

    def gold(self, examples: list[Labelled], tell: Callable[[str], None]) -> list[Labelled]:
        """The gold to score it on: without categories, which is told, where it knows other ones."""
        quads = [quad for row in examples for quad in row.quads or ()]
        gold = Counter(quad.category for quad in quads if quad.category is not None)
        if self._knows(gold):
            return examples
        lacking = counted_names(
            Counter({k: n for k, n in gold.items() if k not in self._categories})
        )
        tell(
            f"{self.name}: "
            + say(
                "its categories are not those of the labels: quads, relaxed match and "
                "categories are not comparable; it does not know: {lacking}",
                lacking=lacking,
            )
        )
        return [
            replace(row, quads=row.quads and tuple(replace(q, category=None) for q in row.quads))
            for row in examples
        ]

    @property
    def _categories(self) -> frozenset[str]:
        """The categories that a bundle may answer, or recorded answers do."""
        if isinstance(self.predictor, Miner):
            return frozenset(self.predictor.labels.spec.categories)
        return frozenset(self.predictor.categories if isinstance(self.predictor, Recorded) else ())

    def _knows(self, gold: Counter[str]) -> bool:
        """Tell whether a bundle knows most opinions' categories, or recorded answers share one."""
        if isinstance(self.predictor, Miner):
            return 2 * sum(gold[name] for name in self._categories) >= gold.total()
        if isinstance(self.predictor, Recorded):
            return not (gold and self._categories) or bool(self._categories & gold.keys())
        return True


def refuse_absent(path: Path) -> None:
    """Refuse a system that is not there.

    Raises:
        GuandianError: no folder, shipped name or file.
    """
    if not path.exists() and str(path) not in shipped_names():
        meant = meant_run(path) or likely(path, shipped_names())
        raise GuandianError(
            f"there is nothing at {path}",
            f"{meant}name the folder of a bundle or run, "
            f"{' or '.join(shipped_names())}, or mined JSON Lines of any system",
        )


def open_system(path: Path, custom: str | None = None, *, required: bool = True) -> System:
    """A system: a bundle's folder, or the JSON Lines of answers that any system gave.

    Args:
        path: of the folder or file.
        custom: of annotation by which a bundle is to answer.
        required: False lets a bundle that tells no customs apart answer as it does.
    """
    if path.is_dir() or str(path) in shipped_names():
        name, miner = str(path) if path.is_dir() else path.name, open_miner(path)
        if custom is not None and (required or miner.labels.spec.customs):
            miner = miner.by(custom_named(miner.labels.spec, custom, miner.model))
        return System(name, miner, miner.labels.fitted)
    if is_description(path) and path.is_file():
        described = read_description(path)
        return System(described.model, language_miner(described), fitted=False)
    refuse_absent(path)
    answers = {}
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines_of(lines, path), start=1):
                if line.strip():
                    review, mined = _answer(path, number, line)
                    answers[review.text] = mined
    except UnicodeDecodeError as error:
        raise GuandianError(f"{path} is not UTF-8", "give the output of `guandian mine`") from error
    fitted = all(mined.fitted for mined in answers.values())
    return System(path.stem, Recorded(answers, str(path)), fitted)


def _answer(path: Path, number: int, line: str) -> tuple[Review, Mined]:
    try:
        row = json.loads(line)
        if isinstance(row, dict) and "opinions" not in row and {"quads", "sentiment"} & row.keys():
            raise GuandianError(
                f"{path} holds labelled reviews, not what a system answered",
                f"name it behind the system: guandian evaluate guandian-small {path}",
            )
        return from_wire(row)
    except (ValueError, RecursionError) as error:
        raise BadRow(
            str(path), number, "", f"neither a bundle nor a mined review: {reason(error)}"
        ) from error
