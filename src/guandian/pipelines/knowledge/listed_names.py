"""The names of a person's catalogue, as a gazetteer looks them up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from guandian.knowledge.product_graph import KINDS
from guandian.knowledge.reading.read_catalogue import read_catalogue
from guandian.tasks.gazetteer.phrase_counts import LONGEST, lookup_form


def listed_names(catalogue: Path) -> dict[str, NDArray[np.float64]]:
    """What each name and alias of a catalogue is the name of.

    Returns:
        Zeros and ones [5] of the kinds of `KINDS`, by name; several where entries share it. Names
        of more than 14 characters are left out, as long ones are of labelled texts.

    Raises:
        GuandianError: the file cannot be read, or networkx is not installed.
    """
    listed: dict[str, NDArray[np.float64]] = {}
    for entry in read_catalogue(catalogue).graph:
        for name in (entry.name, *entry.aliases):
            key = lookup_form(name.strip())
            if key and key.isprintable() and len(key) <= LONGEST:
                listed.setdefault(key, np.zeros(len(KINDS)))[KINDS.index(entry.kind)] = 1.0
    return listed
