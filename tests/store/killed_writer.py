"""A writer that tells what it was told is stored, until it is killed."""

from __future__ import annotations

import sys

from guandian.store import Store

from .mined_pairs import generated


def main() -> None:
    folder, start, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with Store.open(folder, write=True, threads=1) as store:
        pairs = list(generated(size * 400, seed=3))[size * start :]
        for begin in range(0, len(pairs), size):
            batch = pairs[begin : begin + size]
            store.load(batch)
            if begin // size % 5 == 4:
                store.delete_review(batch[0][0].id)
                sys.stdout.write(f"deleted {batch[0][0].id}\n")
                sys.stdout.flush()
            sys.stdout.write(f"stored {start + begin // size}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
