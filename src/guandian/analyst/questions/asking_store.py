"""A question in words to a store: planned, called, answered."""

from __future__ import annotations

from guandian.analyst.questions.answered_question import Planner, StoreAnswer
from guandian.analyst.questions.known_names import KnownNames
from guandian.analyst.questions.made_calls import AskedStore, make_call
from guandian.analyst.questions.model_planner import plan_by_model
from guandian.analyst.questions.refusals import StoreRefusal
from guandian.analyst.questions.rule_planner import plan_by_rules
from guandian.analyst.questions.tool_calls import ToolCall
from guandian.chat import Chat


def ask_store(question: str, store: AskedStore, chat: Chat | None = None) -> StoreAnswer:
    """Answer a question in Chinese or English by one call of a closed set.

    Args:
        question: as a person asks it.
        store: what is asked.
        chat: a model that chooses the call; None leaves that to rules.

    Raises:
        GuandianError: the question is empty or too long, or the model does not answer.
    """
    names = KnownNames.of(store.reader)
    plan: ToolCall | StoreRefusal | None = None
    planner: Planner = "model"
    if chat is not None:
        plan = plan_by_model(question, names, store.today, chat)
    if plan is None:
        plan, planner = plan_by_rules(question, names, store.today), "rules"
    numbers = None if isinstance(plan, StoreRefusal) else make_call(plan, store)
    return StoreAnswer(question, plan, numbers, planner)
