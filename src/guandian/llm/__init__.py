"""Large language models as miners: what they quote is checked, what they invent is dropped."""

from guandian.llm.description import Checker, LanguageModel, read_description
from guandian.llm.llm_miner import LLMMiner

__all__ = ["Checker", "LLMMiner", "LanguageModel", "read_description"]
