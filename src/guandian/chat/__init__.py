"""Talks with language models behind an OpenAI-compatible interface: whoever names one, pays it."""

from guandian.chat.answer_cache import AnswerCache
from guandian.chat.budget import Budget, BudgetSpent, WithinBudget
from guandian.chat.chat_messages import Chat, ChatRequest, Completion, Message, Refused
from guandian.chat.endpoint import ChatEndpoint
from guandian.chat.scripted_server import Reply, ScriptedServer

__all__ = [
    "AnswerCache",
    "Budget",
    "BudgetSpent",
    "Chat",
    "ChatEndpoint",
    "ChatRequest",
    "Completion",
    "Message",
    "Refused",
    "Reply",
    "ScriptedServer",
    "WithinBudget",
]
