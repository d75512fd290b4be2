"""What a server does that is killed at any moment: run as `python crashing_writer.py ...`.

    write FOLDER ADDRESS         adds jobs, and prints the id of each once it is acknowledged
    post FOLDER ADDRESS KEY      does a POST with an `Idempotency-Key`, and prints its answer
    post FOLDER ADDRESS KEY N    the same, killed at the Nth thing that it says to the data base

ADDRESS is `-` for the file in FOLDER.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import event

from guandian.store.records import Records


def write(records: Records) -> None:
    for number in count():
        job = records.jobs.add("main", f"{number}.csv", "u_1", {}, "k_1")
        say(job.id)


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def post(records: Records, key: str) -> str:
    """The id of the job that a POST makes, or made before."""
    with records.together():
        claim = records.answers.begin("main", key, "digest")
        if claim.state == "same":
            return str(claim.answer["job"])
        assert claim.state == "new", claim
        job = records.jobs.add("main", key, "u_1", {}, "k_1")
        records.audit.add("main", "k_1", "job.add", job.id)
        records.answers.finish("main", key, claim.attempt, {"job": job.id})
    return job.id


def die_at(records: Records, number: int) -> None:
    """Kill this process before or after its `number`-th statement, begins and commits included."""
    left = iter(range(number, 0, -1))

    def step(*_: Any) -> None:
        if next(left, 0) == 1:
            os.kill(os.getpid(), signal.SIGKILL)

    engine = records._database.engine
    for name in ("before_cursor_execute", "after_cursor_execute", "begin", "commit"):
        event.listen(engine, name, step)
    event.listen(engine, "checkin", step)


def main(what: str, folder: str, address: str, *more: str) -> None:
    with Records.open(Path(folder), None if address == "-" else address) as records:
        if what == "write":
            write(records)
        if more[1:]:
            die_at(records, int(more[1]))
        say(post(records, more[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
