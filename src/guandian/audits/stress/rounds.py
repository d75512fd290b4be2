"""Attack and defence in turn: what turned most answers is defended next, and attacked again.

Every search asks the defended model, so that it looks for what the defence does not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from guandian.audits.stress.greedy_attack import Attack, AttackSummary, Effort, attack_all
from guandian.audits.stress.judges import Judge
from guandian.domain import Labelled
from guandian.text.disguises.restoring import KINDS, Disguise

JudgeBehind = Callable[[frozenset[Disguise]], Judge]
"""Gives the judge of the model whose cleaning writes those disguises back."""


@dataclass(frozen=True, slots=True)
class Round:
    """One attack on the model as it was defended then.

    Attributes:
        number: from 0, the model as it is.
        defences: disguises that its cleaning wrote back.
        attack: what the search achieved.
        held: of what people marked in all clean records, the share that is answered rightly.
        used: how many turned texts held each kind of rewriting.
    """

    number: int
    defences: tuple[Disguise, ...]
    attack: AttackSummary
    held: float
    used: dict[str, int]


def alternate(
    judge_behind: JudgeBehind,
    records: Sequence[Labelled],
    clean: Sequence[Labelled],
    effort: Effort,
    most: int,
    given: frozenset[Disguise] = frozenset(),
) -> Iterator[tuple[Round, list[Attack]]]:
    """Attack, defend against what turned most, attack again, until success stops falling.

    Args:
        judge_behind: the model behind a cleaning.
        records: what is attacked.
        clean: on which the loss of a defence is measured; the attacked ones may be among them.
        effort: of each search.
        most: rounds with a defence; the first, without, comes besides.
        given: disguises that the model writes back from the start.

    Yields:
        Each round as it is done, with its attacks.
    """
    defences = tuple(kind for kind in KINDS if kind in given)
    lowest = float("inf")
    worse = 0
    for number in range(most + 1):
        judge = judge_behind(frozenset(defences))
        attack, attacks = attack_all(judge, records, effort)
        held = judge.share_right(clean)
        used = _used(attacks)
        yield Round(number, defences, attack, held, dict(used)), attacks
        success = attack.success.value if attack.success else 0.0
        worse = 0 if success < lowest else worse + 1
        lowest = min(lowest, success)
        left = [kind for kind in KINDS if kind not in defences]
        if not left or not attack.turned or worse > 1:
            return
        defences = (*defences, max(left, key=lambda kind: used[kind]))


def _used(attacks: Sequence[Attack]) -> Counter[str]:
    """How many turned texts hold each kind of rewriting."""
    return Counter(kind for attack in attacks if attack.turned for kind in attack.kinds)
