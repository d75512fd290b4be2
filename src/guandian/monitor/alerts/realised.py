"""The budget beside what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from guandian.monitor.alerts.alert_sentences import filled
from guandian.monitor.budget import StatedBudget
from guandian.store.records import Records
from guandian.wording import Name, term


@dataclass(frozen=True, slots=True)
class RealisedBudget:
    """What was stated, and what has fired.

    Attributes:
        stated: by people.
        series: that share it.
        fired: alerts that people were told of.
        dismissed: of these, those of which somebody said that they were nothing.
        weeks: that were judged.
        tests: chances that were weighed.
        switches: what was done about switches of model.
    """

    stated: StatedBudget
    series: int
    fired: int
    weeks: float
    tests: int
    switches: tuple[Name, ...] = ()
    dismissed: int = 0

    @property
    def allowed(self) -> float:
        """How many wrong ones the budget allows so far."""
        if self.stated.share is not None:
            return self.stated.share * self.fired
        return self.stated.a_week * self.weeks

    @property
    def words(self) -> Name:
        """All of it in a sentence."""
        values = {
            "budget": self.stated.words,
            "series": f"{self.series:,}",
            "fired": f"{self.fired:,}",
            "weeks": f"{self.weeks:,.1f}",
            "allowed": f"{self.allowed:,.1f}",
            "tests": f"{self.tests:,}",
            "dismissed": f"{self.dismissed:,}",
        }
        words = term(
            "Budget: {budget} over {series} series; fired {fired} in {weeks} weeks, of which "
            "{allowed} false ones were allowed ({tests} chances weighed)."
        )
        stated = filled(words, values)
        if not self.dismissed:
            return stated
        said = filled(term("People said of {dismissed} that they were nothing."), values)
        return Name(stated.zh + said.zh, f"{stated.en} {said.en}")


def realised_of(records: Records, tenant: str, unit: str) -> RealisedBudget | None:
    """What came of a watcher's budget; None where nobody watches with one."""
    watched, state = records.alerts.watched(tenant, unit), records.watchers.get(tenant, unit)
    if watched is None or state is None:
        return None
    budget = state["budget"]
    return RealisedBudget(
        StatedBudget(budget["a_week"], budget["share"]),
        int(state.get("series", 0)),
        records.alerts.count(tenant, children=False, unit=unit),
        ((watched[1] - watched[0]).days + 1) / 7,
        int(budget["tests"]),
        tuple(Name(**words) for words in state.get("switches", ())),
        records.alerts.count(tenant, children=False, unit=unit, dismissed=True),
    )
