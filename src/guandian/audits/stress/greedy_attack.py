"""A search for the few characters of a text that, written otherwise, turn a model's answer.

It is greedy and asks the model alone (black box), after Li et al. 2019 (TextBugger,
arXiv:1812.05271) and Jin et al. 2020 (TextFooler, arXiv:1907.11932): hide each character in turn to
see which matter, then rewrite those that matter most until the answer turns, the budget is spent
or the model was asked often enough.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from guandian.audits.stress.capability_table import answered_rightly
from guandian.audits.stress.disturbances import ZERO_WIDTH
from guandian.audits.stress.judges import Floats, Judge
from guandian.audits.stress.rewritings import REWRITINGS, swappable, word_characters
from guandian.domain import Labelled
from guandian.evaluation.intervals.clustered import IntervalEstimate, proportion
from guandian.text.edits import Edit, edited
from guandian.text.perturbations import SILENT_EMOJI

HIDDEN = "■"
"""What a character is hidden behind, so that every span keeps its place."""
Search = Generator[list[Labelled], Floats, "Attack"]


@dataclass(frozen=True, slots=True)
class Effort:
    """What a search may spend on a text.

    Attributes:
        share: of the text's characters that may be rewritten; one may in any case. What is set
            between two characters counts as one.
        queries: readings of a text, the first and the hidden ones among them.
        writings: most rewritings that are tried of one character.
        names: of the rewritings and insertions that may be used; empty = all.
        seed: of which rewritings are tried where there are more.
    """

    share: float = 0.15
    queries: int = 200
    writings: int = 12
    names: frozenset[str] = frozenset()
    seed: int = 1

    def characters(self, text: str) -> int:
        """The most characters of a text that may be rewritten."""
        return max(1, int(self.share * len(text)))


@dataclass(frozen=True, slots=True)
class Attack:
    """What a search did to one record.

    Attributes:
        record: as it came.
        copy: the worst that was found, spans carried along; the record where nothing was worse.
        strength: of the model on the copy.
        turned: whether the answer no longer holds.
        changed: characters that were rewritten.
        queries: readings.
        kinds: of rewritings that the copy holds.
    """

    record: Labelled
    copy: Labelled
    strength: float
    turned: bool
    changed: int
    queries: int
    kinds: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AttackSummary:
    """What a search did to a set.

    Attributes:
        task: of the judge.
        records: how many were looked at.
        right: how many of them were answered rightly as they came; these were attacked.
        turned: how many of those were turned.
        success: their share, with its 95 % interval.
        queries: mean number of readings of a text.
        changed: mean number of rewritten characters of the texts that turned.
    """

    task: str
    records: int
    right: int
    turned: int
    success: IntervalEstimate | None
    queries: float
    changed: float

    @property
    def accuracy(self) -> float:
        """The share answered rightly as they came."""
        return self.right / self.records

    @property
    def robust_accuracy(self) -> float:
        """The share still answered rightly under attack."""
        return (self.right - self.turned) / self.records


def attack_all(
    judge: Judge, records: Sequence[Labelled], effort: Effort
) -> tuple[AttackSummary, list[Attack]]:
    """Attack every record that is answered rightly; all searches step together, in large batches.

    Args:
        judge: asks the model.
        records: labelled with the judge's task.
        effort: what may be spent.
    """
    right = answered_rightly(judge, records)
    searches = [_search(record, before, judge, effort) for record, before in right]
    attacks: list[Attack | None] = [None] * len(searches)
    asked_for: dict[int, list[Labelled]] = {}
    for index, search in enumerate(searches):
        _step(index, search, None, asked_for, attacks)
    while asked_for:
        flat = [copy for copies in asked_for.values() for copy in copies]
        strengths = judge.strength(flat)
        start, waiting = 0, asked_for
        asked_for = {}
        for index, copies in waiting.items():
            part = strengths[start : start + len(copies)]
            start += len(copies)
            _step(index, searches[index], part, asked_for, attacks)
    finished = [attack for attack in attacks if attack is not None]
    return _summary(judge, len(records), finished), finished


def _step(
    index: int,
    search: Search,
    strengths: Floats | None,
    asked_for: dict[int, list[Labelled]],
    attacks: list[Attack | None],
) -> None:
    """Let a search go on, and note what it asks for next, or what it found at its end."""
    try:
        asked_for[index] = next(search) if strengths is None else search.send(strengths)
    except StopIteration as end:
        attacks[index] = end.value


def _search(record: Labelled, before: float, judge: Judge, effort: Effort) -> Search:
    """The search on one record: it yields copies to be read and is sent their strengths."""
    limit, queries = judge.limit(before), 1
    most = effort.characters(record.text)
    places = word_characters(record)
    hidden = _hidden(record, places, effort.queries * 2 // 5)
    if not hidden:
        return Attack(record, record, before, turned=False, changed=0, queries=queries)
    strengths = yield [copy for _, copy in hidden]
    queries += len(hidden)
    order = [at for unit in np.argsort(strengths, kind="stable") for at in hidden[unit][0]]
    random = Random(f"{effort.seed}:{record.id}".encode(errors="surrogatepass"))  # noqa: S311
    edits: dict[int, Edit] = {}
    rewritten_places: set[int] = set()
    kinds: set[str] = set()
    strength, copy = before, record
    for at in order:
        spent = len(rewritten_places)
        if strength < limit or spent >= most or queries >= effort.queries:
            break
        tries = [
            (name, edit)
            for name, edit in writings(record, at, effort.names)
            if rewritten_places.isdisjoint(_covered(edit)) and spent + len(_covered(edit)) <= most
        ]
        if len(tries) > effort.writings:
            tries = random.sample(tries, effort.writings)
        others = [(n, e, edited(record, [*edits.values(), e])) for n, e in tries]
        copies = [(n, e, c) for n, e, c in others if c.text != copy.text][
            : effort.queries - queries
        ]
        if not copies:
            continue
        strengths = yield [changed for _, _, changed in copies]
        queries += len(copies)
        best = int(np.argmin(strengths))
        if strengths[best] < strength:
            strength = float(strengths[best])
            name, edits[at], copy = copies[best]
            kinds.add(name)
            rewritten_places.update(_covered(edits[at]))
    turned, changed = strength < limit, len(rewritten_places)
    return Attack(record, copy, strength, turned, changed, queries, frozenset(kinds))


def _hidden(
    record: Labelled, places: Sequence[int], most: int
) -> list[tuple[Sequence[int], Labelled]]:
    """Copies with some neighbouring characters hidden each, at most so many, with their places."""
    size = -(-len(places) // most) if places else 1
    units = [places[start : start + size] for start in range(0, len(places), size)]
    return [(unit, edited(record, [Edit(at, at + 1, HIDDEN) for at in unit])) for unit in units]


def writings(
    record: Labelled, at: int, names: frozenset[str] = frozenset()
) -> list[tuple[str, Edit]]:
    """Every way to write a character otherwise, as people still read it, by its kind.

    Args:
        record: the text with its spans.
        at: the offset of a letter or a Han character.
        names: of the ways that may be used; empty = all.
    """
    text = record.text
    by_name: dict[str, list[Edit]] = {
        name: [Edit(at, at + 1, written) for written in rewrite(text, at)]
        for name, rewrite in REWRITINGS.items()
    }
    by_name["zero-width"] = [Edit(at + 1, at + 1, ZERO_WIDTH[0])]
    by_name["emoji"] = [Edit(at + 1, at + 1, SILENT_EMOJI[0])]
    if swappable(record, at):
        by_name["typos"] = [Edit(at, at + 2, text[at + 1] + text[at])]
    chosen = [name for name in by_name if not names or name in names]
    return [(name, edit) for name in chosen for edit in by_name[name]]


def _covered(edit: Edit) -> range:
    """The characters that an edit writes anew; of an insertion the one before it."""
    return (
        range(edit.start, edit.end) if edit.end > edit.start else range(edit.start - 1, edit.start)
    )


def _summary(judge: Judge, records: int, attacks: Sequence[Attack]) -> AttackSummary:
    turned = [attack for attack in attacks if attack.turned]
    return AttackSummary(
        judge.task,
        records,
        len(attacks),
        len(turned),
        proportion(len(turned), len(attacks)),
        float(np.mean([attack.queries for attack in attacks])) if attacks else 0.0,
        float(np.mean([attack.changed for attack in turned])) if turned else 0.0,
    )
