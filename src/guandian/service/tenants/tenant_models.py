"""Language models that the operator named: which tenants may ask which, within what bounds."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from guandian.chat import BudgetSpent
from guandian.domain import Mined, Review
from guandian.errors import GuandianError
from guandian.io.bounded import read_text
from guandian.mining.batching import stopped
from guandian.mining.boilerplate import boilerplate
from guandian.pipelines.language_models import ServedLanguageModel, serve_language_model
from guandian.recipes.sections import Closed, Name, Word
from guandian.recipes.value_errors import fault
from guandian.service.auth import TENANT
from guandian.service.log import log_event
from guandian.service.problems import Problem, wrong_place
from guandian.service.schemas.mining_schemas import KeptOpinions, Masking
from guandian.service.tenants.daily_tokens import DailyTokens, TenantBudget
from guandian.service.tenants.tenant_turns import TenantTurns, Work

T = TypeVar("T")
SPENT = "language-model-tokens.json"
"""The file of the data folder that counts tokens."""
_CALLS, _WAITING = 8, 16
"""Calls that are answered at the same time, and that may be in the house, of all tenants."""


class _Named(Closed):
    """A language model for some tenants.

    Attributes:
        name: by which calls ask for it.
        description: the file that `--model` takes, seen from the folder of this one.
        tokens_a_day: of each tenant, questions and answers together.
        tenants: whose keys may ask it.
        masking: of personal data, before a text leaves for the endpoint.
    """

    name: Name
    description: Path
    tokens_a_day: Annotated[int, Field(ge=1, le=10**12)]
    tenants: Annotated[tuple[Word, ...], Field(min_length=1)] = (TENANT,)
    masking: Masking = "mask"


class _File(Closed):
    models: Annotated[tuple[_Named, ...], Field(min_length=1)]


_TABLES: dict[str, type[BaseModel]] = {"": _File, "models.": _Named}


@dataclass(frozen=True)
class TenantsModel:
    """A language model as one tenant may ask it.

    Attributes:
        tenant: the one.
        name: by which calls ask for it.
        served: answers.
        budget: of the tenant.
        masking: of every text, where a call does not ask for another.
    """

    tenant: str
    name: str
    served: ServedLanguageModel
    budget: TenantBudget
    masking: Masking


def masking_mode(model: TenantsModel, wanted: Masking) -> Masking:
    """How personal data is written over before a text leaves: as asked for, else as named."""
    return model.masking if wanted == "off" else wanted


class LanguageModels:
    """All that the operator named, opened once; a call names one of its tenant's, and no other."""

    def __init__(self, models: Sequence[TenantsModel] = ()) -> None:
        self._models = {(model.tenant, model.name): model for model in models}
        tenants = len({model.tenant for model in models})
        self._turns = TenantTurns(_CALLS, _WAITING, tenants, "language-models")
        self._running: set[Future[Any]] = set()

    @classmethod
    def open(cls, path: Path | None, folder: Path, seconds: float) -> LanguageModels:
        """Open what a file names.

        Args:
            path: of the file; None names none.
            folder: of the data, which keeps the count of tokens.
            seconds: that a call may take.

        Raises:
            GuandianError: the file, or a description that it names, is wrong.
        """
        if path is None:
            return cls()
        named = _read(path)
        tokens = DailyTokens(folder / SPENT)
        models = []
        for row in named:
            for tenant in dict.fromkeys(row.tenants):
                budget = TenantBudget(tokens, tenant, row.name, row.tokens_a_day)
                described = path.parent / row.description
                served = serve_language_model(described, budget, seconds, boilerplate(None))
                models.append(TenantsModel(tenant, row.name, served, budget, row.masking))
        return cls(models)

    def of(self, tenant: str) -> list[TenantsModel]:
        """Those that a tenant's keys may ask."""
        return [model for (whose, _), model in self._models.items() if whose == tenant]

    def named(self, tenant: str, name: str) -> TenantsModel:
        """The one that a call names.

        Raises:
            Problem: 422 where the tenant has none of this name.
        """
        if (model := self._models.get((tenant, name))) is not None:
            return model
        names = [model.name for model in self.of(tenant)]
        known = f"takes one of {', '.join(names)}" if names else "there is none here: leave it out"
        raise Problem(
            422,
            "invalid",
            f"no language model is served by the name of {name[:80]!r}",
            known,
            errors=[wrong_place("/model", known)],
        )

    def begin(self, model: TenantsModel, reviews: Sequence[Review]) -> Future[list[Mined]]:
        """Begin to mine reviews; who cancels the future stops it, and nothing more is asked.

        Raises:
            Problem: 429 where too many calls wait, of all or of the tenant.
        """
        miner = model.served.miner()
        return self.run(model, partial(miner.mine, reviews), miner)

    def run(self, model: TenantsModel, answer: Callable[[], T], asks: object = None) -> Future[T]:
        """Begin what asks a model, in the tenant's turn.

        Args:
            model: that is asked.
            answer: asks it.
            asks: what is stopped where the future is cancelled, as far as it can be.

        Raises:
            Problem: 429 where too many calls wait, of all or of the tenant.
        """
        future: Future[T] = Future()
        work = partial(self._answer, answer, asks, future)
        if not self._turns.begin(model.tenant, work):
            raise Problem(
                429,
                "busy",
                "as many calls as can be wait for language models",
                "try again later",
                headers={"Retry-After": "5"},
            )
        self._running.add(future)
        future.add_done_callback(partial(self._done, work))
        return future

    def close(self) -> None:
        """Ask nothing more; a request that is on its way ends within its timeout."""
        for future in tuple(self._running):
            future.cancel()
        self._turns.close()

    def _done(self, work: Work, future: Future[Any]) -> None:
        self._running.discard(future)
        self._turns.leave(work)  # who left gives the place back at once

    def _answer(self, answer: Callable[[], Any], asks: object, future: Future[Any]) -> None:
        ended = ExitStack()  # never closed: what asks is of this call alone
        try:
            future.add_done_callback(lambda _: ended.enter_context(stopped(asks)))
            if not future.done():
                answers = answer()
                with suppress(InvalidStateError):  # who waited has left
                    future.set_result(answers)
        except Exception as error:  # noqa: BLE001
            with suppress(InvalidStateError):
                future.set_exception(error)


def refuse_promises(choice: KeptOpinions) -> None:
    """Refuse what only a fitted confidence can promise.

    Raises:
        Problem: 422 where a precision, or caution at unlike reviews, is asked for.
    """
    if choice.precision is None and choice.unlike is None:
        return
    pointer = "/precision" if choice.precision is not None else "/unlike"
    wrong = wrong_place(pointer, "takes the served model: leave `model` out")
    problem = "a language model's confidence was never fitted: it promises no precision"
    raise Problem(422, "invalid", problem, "leave one of both out", errors=[wrong])


def told_of_failure(name: str, error: GuandianError) -> Problem:
    """What a caller is told where a language model fails; the log has the endpoint's own words."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, BudgetSpent):
        return Problem(429, "tokens", error.problem, error.repair)
    log_event("language-model", model=name, problem=error.problem, remedy=error.repair)
    return Problem(
        503,
        "language-model",
        f"the language model {name!r} does not answer",
        "try again later, or leave `model` out; the log of the service says why",
        headers={"Retry-After": "30"},
    )


def _read(path: Path) -> Iterator[_Named]:
    """The models of a file.

    Raises:
        GuandianError: no TOML, an unknown key, a value of another kind, a name twice, no file.
    """
    _require(path, "name the file with the language models")
    try:
        table = tomllib.loads(read_text(path))
        read = _File.model_validate(table)
    except tomllib.TOMLDecodeError as error:
        raise GuandianError(
            f"{path} is no TOML: {error}", "see docs/service.md for an example"
        ) from error
    except ValidationError as error:
        raise fault(error, str(path), _TABLES) from error
    pairs = [(tenant, row.name) for row in read.models for tenant in row.tenants]
    for tenant, name in pairs:
        if pairs.count((tenant, name)) > 1:
            raise GuandianError(
                f"{path} names {name!r} twice for the tenant {tenant!r}", "give each its own name"
            )
    for row in read.models:
        _require(path.parent / row.description, f"paths in {path.name} are seen from its folder")
    return iter(read.models)


def _require(path: Path, repair: str) -> None:
    if not path.is_file():
        raise GuandianError(f"there is no file {path}", repair)
