"""What the rungs of a ladder learn from, and how long: every set at hand, or a recipe's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from guandian.bundle import Bundle
from guandian.data.corpora import Corpus, corpora, load
from guandian.data.splits import sample
from guandian.errors import GuandianError
from guandian.pipelines.miners import read_labels
from guandian.recipes.recipe import Recipe, parse_recipe
from guandian.text.pieces import Pieces

if TYPE_CHECKING:
    from guandian.tasks.head_spec import HeadSpec

_MEASURED_TEXTS = 60
_LONGEST = 300
"""Characters of a text; longer ones cost more than they teach in a small budget."""
_OWN_SHARE = 0.5
"""Of the tokens that sets of the custom get by which the model answers."""
_RATE, _HEAD_RATE, _BATCH = 3e-4, 6e-4, 1600


def ladder_recipe(bundle: Bundle, root: Path, tokens: int, seed: int = 1) -> Recipe:
    """A recipe by which a bundle's rungs imitate it on about so many tokens of the sets at hand.

    Half of them are of the sets that are annotated by the custom that the model answers by, as
    large as each set is; the others share the other half alike. Nothing is scored meanwhile: dev
    sets are for the gate alone.

    Args:
        bundle: that is to be imitated; only sets that its label spaces can take are learned from.
        root: of the data.
        tokens: of one rung's training.
        seed: of samples, order and the rest.

    Raises:
        GuandianError: there is no set to learn from.
    """
    spec, pieces = read_labels(bundle).spec, Pieces.from_file(bundle.tokenizer)
    known = [row for row in corpora().values() if _teaches(row, root, spec)]
    if not known:
        raise GuandianError(
            f"no set to learn from in {root}",
            "name with --root the folder that holds the sets, or with --recipe a recipe that names "
            "files of your own; `guandian data list` has the sets' folders",
        )
    return parse_recipe(
        {
            "name": bundle.manifest.name,
            "release": bundle.manifest.version,
            "seed": seed,
            "base": {"model": str(bundle.path.resolve())},
            "data": _parts(known, root, tokens, spec, pieces),
            "customs": [custom.name for custom in spec.customs],
            "optimisation": {
                "epochs": 1.0,
                "learning_rate": _RATE,
                "head_learning_rate": _HEAD_RATE,
                "batch_tokens": _BATCH,
                "dropout": 0.0,
            },
            "distillation": {"teacher": str(bundle.path.resolve())},
        },
        "the recipe of the ladder",
    )


def at_hand(known: Corpus, root: Path, part: str) -> bool:
    """Tell whether all files of a set's part are under a root."""
    files = [file for group in known.parts.get(part, ()) for file in group]
    folder = known.home(root) / known.folder
    return bool(files) and all((folder / file).is_file() for file in files)


def followed(known: Corpus, spec: HeadSpec) -> bool:
    """Tell whether a model of those label spaces knows the custom that a set is annotated by."""
    names = {custom.name for custom in spec.customs}
    return not names or not known.custom or known.custom in names


def _teaches(known: Corpus, root: Path, spec: HeadSpec) -> bool:
    """Tell whether a set is at hand and says something that the model answers."""
    says = (known.quads and known.expressions) or known.sentiment or known.entity_types
    return bool(says) and followed(known, spec) and at_hand(known, root, "train")


def _parts(
    known: Sequence[Corpus], root: Path, tokens: int, spec: HeadSpec, pieces: Pieces
) -> list[dict[str, Any]]:
    """The sets with the sizes of their samples."""
    sizes = {row.name: _size(row, root, pieces) for row in known}
    answered = spec.customs[0].name if spec.customs else ""
    own = [row.name for row in known if row.custom == answered and row.quads]
    others = [row.name for row in known if row.name not in own]
    half = tokens * (_OWN_SHARE if own and others else 1.0)
    total = sum(count * length for name in own for count, length in (sizes[name],))
    parts = []
    for row in known:
        count, length = sizes[row.name]
        wanted = half * count * length / total if row.name in own else half / len(others)
        most = min(count, max(1, round(1.2 * wanted / length)))
        parts.append({"corpus": row.name, "most": most, "longest": _LONGEST})
    return parts


def _size(known: Corpus, root: Path, pieces: Pieces) -> tuple[int, float]:
    """How many texts of a set are short enough, and how many tokens they have in the mean."""
    rows = [row for row in load(known.name, root) if len(row.text) <= _LONGEST]
    drawn = sample(rows, _MEASURED_TEXTS, seed=0)
    lengths = [len(pieces.encode(row.text)) + 2 for row in drawn]
    return max(1, len(rows)), max(1.0, sum(lengths) / max(1, len(lengths)))
