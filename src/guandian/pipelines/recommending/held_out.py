"""What is held out to judge recommendations by, and the guard that nothing of it is looked at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from guandian.errors import GuandianError
from guandian.recommend.behaviour.actions import Behaviour, joined_behaviour

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class HeldOut:
    """A history, and what users liked afterwards.

    Attributes:
        history: what may be looked at.
        later: the actions that are held out.
        users: numbers of users who liked something later that they had not seen, in order.
        wanted: of each of them, the numbers of these items.
        by_time: whether all that is held out lies behind all of the history.
    """

    history: Behaviour
    later: Behaviour
    users: Ints
    wanted: tuple[frozenset[int], ...]
    by_time: bool


def split_by_time(
    behaviour: Behaviour, share: float = 0.2, part: int = 0, parts: int = 1
) -> HeldOut:
    """One moment for all: what lies behind it is held out.

    Args:
        behaviour: what is known.
        share: of the actions that is held out, the latest ones.
        part: with several parts, the one of what is held out that is judged; the history is all
            that lies before it, so that later parts know more.
        parts: into how many equal ones what is held out is cut.

    Raises:
        GuandianError: an action has no time, or all have the same.
    """
    if np.isnan(behaviour.time).any():
        missing = int(np.isnan(behaviour.time).sum())
        raise GuandianError(
            f"{missing:,} of {len(behaviour):,} actions have no time, so time cannot part them",
            "give every row a time, or hold out at random with --held-out random",
        )
    cuts = [1 - share * (parts - part - k) / parts for k in (0, 1)]
    moment, end = (float(np.quantile(behaviour.time, cut, method="higher")) for cut in cuts)
    late = behaviour.time >= moment
    judged = late & ((behaviour.time < end) if part + 1 < parts else True)
    if late.all():
        raise GuandianError(
            "all actions have one time: nothing lies before what would be held out",
            "hold out at random with --held-out random",
        )
    return held_out(behaviour.chosen(~late), behaviour.chosen(judged), by_time=True)


def split_at_random(
    behaviour: Behaviour, share: float = 0.1, seed: int = 0, part: int = 0
) -> HeldOut:
    """Hold out what users did with some of their items, all of it or nothing of an item.

    Args:
        behaviour: what is known.
        share: of the pairs of user and item that is held out.
        seed: of the draw.
        part: which share of one draw; a pair is in one part at most.
    """
    pairs = behaviour.user.astype(np.int64) * len(behaviour.items) + behaviour.item
    unique, number = np.unique(pairs, return_inverse=True)
    drawn = np.random.default_rng(seed).random(len(unique))
    late = ((drawn >= part * share) & (drawn < (part + 1) * share))[number]
    return held_out(behaviour.chosen(~late), behaviour.chosen(late), by_time=False)


def held_out(history: Behaviour, later: Behaviour, *, by_time: bool) -> HeldOut:
    """What users liked later and had not seen before, user by user.

    Raises:
        GuandianError: there is none.
    """
    items = len(history.items)
    seen = history.user.astype(np.int64) * items + history.item
    likes = later.liked
    cells = np.unique(later.user[likes].astype(np.int64) * items + later.item[likes])
    cells = cells[~np.isin(cells, seen)]
    if not len(cells):
        raise GuandianError(
            "nobody liked anything new in what is held out", "hold out more with --share"
        )
    users, starts = np.unique(cells // items, return_index=True)
    wanted = tuple(
        frozenset(int(cell) for cell in part % items) for part in np.split(cells, starts[1:])
    )
    split = HeldOut(history, later, users.astype(np.int64), wanted, by_time)
    check_nothing_leaks(split)
    return split


def check_nothing_leaks(split: HeldOut) -> None:
    """Refuse a history that knows what is held out.

    That is so when an action of it is held out too, when its marks belong to actions that it does
    not have, or, where time decides, when it has anything of the time that is held out.

    Raises:
        GuandianError: naming what it knows.
    """
    history, later = split.history, split.later
    items = len(history.items)
    marks = history.marks
    if len(marks) and (marks.action.max() >= len(history) or marks.action.min() < 0):
        raise GuandianError(
            "the history has opinions of reviews that are not in it", "cut both at the same place"
        )
    if split.by_time:
        if len(history) and float(np.nanmax(history.time)) >= float(np.nanmin(later.time)):
            raise GuandianError(
                "the history reaches into the time that is held out", "cut at one moment"
            )
        return
    pairs = history.user.astype(np.int64) * items + history.item
    ahead = later.user.astype(np.int64) * items + later.item
    if number := int(np.isin(pairs, ahead).sum()):
        raise GuandianError(
            f"{number:,} actions of the history are of pairs of user and item that are held out",
            "hold out all that a user did with an item, or nothing of it",
        )


def choose_held_out(
    behaviour: Behaviour,
    later: Behaviour | None,
    by: str | None,
    share: float | None,
    seed: int,
    splits: int = 1,
) -> list[HeldOut]:
    """What is held out: a file of its own, the latest part, or parts drawn at random.

    Args:
        behaviour: what is known.
        later: actions of a test, whose users and items may be new; None holds out a part.
        by: `time` or `random`; None takes time where every action has one.
        share: that is held out; None is 0.2 by time and 0.1 at random.
        seed: of the draw.
        splits: parts that are held out one after another: moments of one part of the time, or
            parts of one draw, so that nothing is held out twice.

    Raises:
        GuandianError: as `split_by_time`; more is held out than there is; or nothing of what users
            liked later can be judged.
    """
    if later is not None:
        whole = joined_behaviour(behaviour, later)
        first = np.arange(len(whole)) < len(behaviour)
        seen = whole.user.astype(np.int64) * len(whole.items) + whole.item
        # A pair that the history knows is no news: it stays in the history alone.
        new = ~first & ~np.isin(seen, seen[first])
        return [held_out(whole.chosen(first), whole.chosen(new), by_time=False)]
    timed = not np.isnan(behaviour.time).any() if by is None else by == "time"
    if timed:
        return [split_by_time(behaviour, share or 0.2, k, splits) for k in range(splits)]
    share = share or 0.1
    if splits * share > 1 + 1e-9:
        raise GuandianError(
            f"{splits} splits of {share:g} each are more than there is",
            "hold out less with --share, or take fewer --splits",
        )
    return [split_at_random(behaviour, share, seed, k) for k in range(splits)]
