"""How quick recommending is: a million interactions to learn from, lists a second when warm."""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np

from guandian.pipelines.recommending.building import build_recommender
from guandian.pipelines.recommending.fit_settings import FitSettings
from guandian.pipelines.recommending.shop_data import ShopData
from guandian.recommend.behaviour.actions import KINDS, Behaviour
from guandian.recommend.behaviour.catalogue import Catalogue
from guandian.recommend.opinions.aspect_marks import AspectMarks


def shop(actions: int, users: int, items: int, seed: int = 0) -> Behaviour:
    """Actions with a long tail of items, in 40 kinds of users and items, a mark each."""
    generator = np.random.default_rng(seed)
    user = generator.integers(0, users, actions)
    rank = (items * generator.random(actions) ** 2.5).astype(np.int64)
    own = generator.random(actions) < 0.7
    item = np.where(own, rank // 40 * 40 + user % 40, rank) % items
    good = generator.random(actions) < 0.8
    return Behaviour(
        tuple(f"u{k}" for k in range(users)),
        tuple(f"i{k}" for k in range(items)),
        user.astype(np.int32),
        item.astype(np.int32),
        np.full(actions, KINDS.index("review"), dtype=np.int8),
        np.where(good, 5.0, 2.0).astype(np.float32),
        1.6e9 + generator.integers(0, 10**8, actions).astype(np.float64),
        AspectMarks(
            tuple(f"aspect {k}" for k in range(60)),
            np.arange(actions),
            ((item % 40) + generator.integers(0, 20, actions)).astype(np.int32),
            np.where(good, 1, -1).astype(np.int8),
        ),
    )


def main() -> None:
    """Print the seconds of a build, and lists a second."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--actions", type=int, default=1_000_000)
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--lists", type=int, default=2000)
    given = parser.parse_args()
    behaviour = shop(given.actions, given.users, given.items)
    wall, processor = time.perf_counter(), time.process_time()
    recommender = build_recommender(ShopData(behaviour, Catalogue.none(), ()), FitSettings())
    print(
        f"build: {given.actions:,} actions, {given.users:,} users, {given.items:,} items:"
        f" {time.perf_counter() - wall:.0f} s, {time.process_time() - processor:.0f} s of one core"
    )
    users = np.random.default_rng(1).integers(0, given.users, given.lists)
    for batch in (1, 64, 256):
        number = given.lists if batch > 1 else given.lists // 10
        wall, processor = time.perf_counter(), time.process_time()
        for start in range(0, number, batch):
            recommender.ranked(users[start : start + batch])
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        print(f"lists, {batch} at once: {number / wall:,.0f}/s, {number / processor:,.0f}/s a core")
    wall, processor = time.perf_counter(), time.process_time()
    for user in users[:100]:
        recommender.recommend(f"u{user}")
    processor = time.process_time() - processor
    print(f"lists with reasons, one at a time: {100 / processor:,.0f}/s a core")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
