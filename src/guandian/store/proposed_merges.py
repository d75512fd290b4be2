"""Which aspects of a store may be one thing: alike by their vectors, for a person to decide."""

from __future__ import annotations

from functools import lru_cache

from guandian.mining.aspect_groups import AspectProposal, group_aspects, proposals
from guandian.mining.name_vectors import NameVectors
from guandian.text.aspect_names import synonyms

_ASKED_AGAIN = 16
"""Answers that are remembered: a page of settings is opened again and again."""


@lru_cache(_ASKED_AGAIN)
def proposed_merges(
    counts: tuple[tuple[str, int], ...], own: tuple[tuple[str, str], ...]
) -> tuple[AspectProposal, ...]:
    """Which keys of aspects may be one thing, the most alike first.

    Two things that the shipped list or the tenant's own names tell apart are not proposed.

    Args:
        counts: opinions by key.
        own: the tenant's own names, with the key that they go by.
    """
    own_names = dict(own)
    things = {**synonyms(), **own_names, **{thing: thing for thing in own_names.values()}}
    proposed = proposals(group_aspects(dict(counts), NameVectors.shipped(), things), things)
    return tuple(sorted(proposed, key=lambda proposal: -proposal.similarity))
