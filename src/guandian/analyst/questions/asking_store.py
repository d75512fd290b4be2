"""A question in words to a store: planned, called, answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from guandian.analyst.questions.answered_question import Planner, StoreAnswer
from guandian.analyst.questions.known_names import KnownNames
from guandian.analyst.questions.made_calls import AskedStore, make_call
from guandian.analyst.questions.model_planner import plan_by_model
from guandian.analyst.questions.refusals import StoreRefusal
from guandian.analyst.questions.rule_planner import owners_in, plan_by_rules
from guandian.analyst.questions.tool_calls import ToolCall
from guandian.chat import Chat
from guandian.wording import Name, term


def ask_store(
    question: str,
    store: AskedStore,
    chat: Chat | None = None,
    hide: Callable[[str], str] = str,
) -> StoreAnswer:
    """Answer a question in Chinese or English by one call of a closed set.

    Args:
        question: as a person asks it.
        store: what is asked.
        chat: a model that chooses the call; None leaves that to rules.
        hide: writes over what the model is not to see of the question.

    Raises:
        GuandianError: the question is empty or too long, or the model does not answer.
    """
    names = store.names
    plan: ToolCall | StoreRefusal | None = None
    planner: Planner = "model"
    if chat is not None:
        plan = plan_by_model(hide(question), names, store.today, chat)
    if plan is None:
        plan, planner = plan_by_rules(question, names, store.today), "rules"
    if isinstance(plan, StoreRefusal):
        return StoreAnswer(question, plan, None, planner)
    numbers = make_call(plan, store)
    if planner == "rules":
        numbers = replace(numbers, remarks=(*numbers.remarks, *_owners(question, names)))
    return StoreAnswer(question, plan, numbers, planner)


def _owners(question: str, names: KnownNames) -> list[Name]:
    """What was read as the owner of something else: no part of a question is dropped in silence."""
    return [
        term("{words} says whose it is here, and is not looked for by itself", words=owner)
        for owner in owners_in(question, names)
    ]
