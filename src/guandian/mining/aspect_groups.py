"""One thing, one name: which names of aspects mean one thing, across languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.text.aspect_names import COMMENT, Synonyms, aspect_key, synonyms

LEAST = 0.52
"""The mean cosine from which two groups become one; chosen on data/guandian_aspects/dev.jsonl."""
MOST = 4000
"""Names that no list knows and that are compared, the commonest; the rest stay alone."""

Vectoriser = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class AspectGroup:
    """Names of one thing.

    Attributes:
        name: what the thing is called: the list's name where the list knows one of its names,
            else the commonest.
        names: all of its names that were given, by `aspect_key`, the commonest first.
        similar: those of them that no list knows, which came in by similarity.
        similarity: the least mean cosine at which two parts of it became one; 1 where none did.
    """

    name: str
    names: tuple[str, ...]
    similar: tuple[str, ...]
    similarity: float = 1.0


@dataclass(frozen=True, slots=True)
class AspectProposal:
    """Names that may mean one thing, for a person to decide.

    Attributes:
        names: what the thing would be called, then what else it is called.
        similarity: the least mean cosine at which two parts of them became one, up to 1.
    """

    names: tuple[str, ...]
    similarity: float


def group_aspects(
    counts: Mapping[str, int],
    vectors: Vectoriser | None,
    things: Synonyms | None = None,
    *,
    least: float = LEAST,
) -> list[AspectGroup]:
    """Group names of aspects: by the list of synonyms first, then by similarity.

    Groups whose names are alike on average become one, the most alike first; two things that the
    list tells apart never do. The same names give the same groups, in whatever order they come.

    Args:
        counts: how often each name, as people spell it, was mined.
        vectors: of names, unit length, zeros where there is none; None groups by the list alone.
        things: the list; None = the shipped one.
        least: the mean cosine from which groups become one.

    Returns:
        Groups, those first that were mined most.
    """
    things = synonyms() if things is None else things
    counted: dict[str, int] = {}
    for name, count in counts.items():
        key = aspect_key(name)
        counted[key] = counted.get(key, 0) + count
    keys = sorted(counted, key=lambda key: (-counted[key], key))
    thing_of = {key: things.get(key, key) for key in keys}
    similarity: dict[str, float] = {}
    if vectors is not None:
        new = [key for key in keys if key not in things][:MOST]
        fresh, similarity = _similar(new, vectors, things, least)
        thing_of |= fresh
    members: dict[str, list[str]] = {}
    for key in keys:
        members.setdefault(thing_of[key], []).append(key)
    groups = []
    for thing, names in members.items():
        alike = tuple(key for key in names if key not in things)
        name = thing if thing in things else names[0]
        alike = alike if len(names) > 1 else ()
        groups.append(AspectGroup(name, tuple(names), alike, similarity.get(thing, 1.0)))
    return sorted(
        groups, key=lambda group: (-sum(map(counted.__getitem__, group.names)), group.name)
    )


def names_of_groups(groups: Iterable[AspectGroup]) -> Synonyms:
    """Groups as a list of synonyms, which the report and the store take."""
    return {key: group.name for group in groups for key in group.names}


def proposals(groups: Iterable[AspectGroup], things: Synonyms) -> list[AspectProposal]:
    """The groups in which names came together by similarity, in their order.

    What is alike by its vectors alone is more often no synonym than one among names that are
    rarely mined, so it counts for nothing before a person has said so.

    Args:
        groups: as `group_aspects` gives them.
        things: the list that they were made with.
    """
    proposed = []
    for group in groups:
        fresh = [name for name in group.names if name not in things and name != group.name]
        if fresh:
            proposed.append(AspectProposal((group.name, *fresh), group.similarity))
    return proposed


def proposed_lines(proposed: Iterable[AspectProposal]) -> list[str]:
    """Lines of a list of synonyms, each of them a comment until a person takes its mark off."""
    return [f"{COMMENT} {', '.join(proposal.names)}" for proposal in proposed]


def _similar(
    new: Sequence[str], vectors: Vectoriser, things: Synonyms, least: float
) -> tuple[dict[str, str], dict[str, float]]:
    """The thing of each new name: one of the list's, or the first of the names that it joins.

    Returns:
        Things by name, and how alike the parts of each thing are at least.
    """
    listed = list(dict.fromkeys(things.values()))
    known = list(things)
    index = {thing: k for k, thing in enumerate(listed)}
    sums = np.zeros((len(listed) + len(new), vectors(["a"]).shape[1]), np.float32)
    sizes = np.ones(len(sums), np.float32)
    places = np.array([index[things[name]] for name in known], np.int64)
    if known:
        np.add.at(sums, places, vectors(known))
        sizes[: len(listed)] = np.bincount(places, minlength=len(listed))
    if new:
        sums[len(listed) :] = vectors(new)
    owner, weakest = _joined(sums, sizes, len(listed), least)
    labels = [*listed, *new]
    thing_of = {name: labels[owner[len(listed) + k]] for k, name in enumerate(new)}
    return thing_of, {labels[k]: float(weakest[k]) for k in set(owner[len(listed) :].tolist())}


def _joined(
    sums: NDArray[np.float32], sizes: NDArray[np.float32], fixed: int, least: float
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Join rows while two of them are alike enough on average; the first `fixed` stay apart.

    Args:
        sums: of the vectors of each group [groups, dimensions].
        sizes: how many each has.
        fixed: how many groups come first that are never joined with each other.
        least: the mean cosine from which groups become one.

    Returns:
        The group that each row ends in, by the number of its first row; and of each group, by that
        number, the least mean cosine at which two of its parts became one, 1 where none did.
    """
    weakest = np.ones(len(sums), np.float32)
    owner, alive = np.arange(len(sums)), np.ones(len(sums), bool)
    means = sums / sizes[:, None]
    alike = means @ means[fixed:].T  # a column for each group that may move
    itself = np.arange(alike.shape[1])
    alike[fixed + itself, itself] = -np.inf
    nearest = alike.argmax(axis=0)
    while alike.size:
        values = alike[nearest, itself]
        column = int(values.argmax())
        if values[column] < least:
            break
        keep, gone = sorted((int(nearest[column]), fixed + column))
        owner[owner == gone] = keep
        weakest[keep] = min(weakest[keep], weakest[gone], values[column])
        sums[keep] += sums[gone]
        sizes[keep] += sizes[gone]
        means[keep] = sums[keep] / sizes[keep]
        alive[gone] = False
        alike[gone], alike[:, gone - fixed] = -np.inf, -np.inf
        fresh = means @ means[keep]
        fresh[~alive], fresh[keep] = -np.inf, -np.inf
        alike[keep] = fresh[fixed:]
        if keep >= fixed:
            alike[:, keep - fixed] = fresh
        better = alike[keep] > alike[nearest, itself]
        nearest[better] = keep
        lost = np.isin(nearest, (keep, gone)) | (itself == keep - fixed)
        nearest[lost] = alike[:, lost].argmax(axis=0)
    return owner, weakest
