"""The language in which people are told things: Chinese, English, or both side by side.

`guandian --language` sets the environment variable `GUANDIAN_LANGUAGE`, so that the processes that
a command starts tell things in the same language.
"""

from guandian.wording.errors import explained, in_chinese, told
from guandian.wording.help import help_in_chinese, placeholder
from guandian.wording.language import VARIABLE, WANTED, Name, Wanted, spoken, wanted
from guandian.wording.number import singular
from guandian.wording.words import counted, say, term

__all__ = [
    "VARIABLE",
    "WANTED",
    "Name",
    "Wanted",
    "counted",
    "explained",
    "help_in_chinese",
    "in_chinese",
    "placeholder",
    "say",
    "singular",
    "spoken",
    "term",
    "told",
    "wanted",
]
