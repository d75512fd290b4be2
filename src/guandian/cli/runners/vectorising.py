"""The run of `guandian vectorise`: files through a vectoriser into a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.text import Text
from scipy import sparse

from guandian.cli.console.mining_progress import Progressing
from guandian.cli.console.review_layout import tell_notes
from guandian.errors import GuandianError
from guandian.files import RejectFile
from guandian.io.atomic import refuse_folder
from guandian.io.output_guard import refuse_outputs
from guandian.mining.duplicate_ids import RepeatedIds
from guandian.mining.inputs import Inputs
from guandian.vectors import Matrix, Vectoriser, check_matrix_output, write_vectors
from guandian.wording import counted, say

_MOST = 20_000_000
"""Reviews; an input without an end ends there."""


@dataclass(frozen=True)
class VectorisingTask:
    """The inputs, vectoriser and outputs of one vectorising.

    Attributes:
        inputs: what to read.
        vectoriser: what makes the vectors.
        out: where they go.
        save: where what was learned goes.
        rejects: where skipped rows go.
        overwrite: replace files that exist.
        quiet: no progress bar, columns or summary.
        reads: what the vectoriser was made from.
    """

    inputs: Inputs
    vectoriser: Vectoriser
    out: Path
    save: Path | None
    rejects: Path | None
    overwrite: bool
    quiet: bool
    reads: Sequence[Path] = ()

    def run(self, *, fitted: bool) -> None:
        """Read every review once, and write its vector; `fitted`: nothing is learned."""
        rejects = self._outputs()
        console = Console(stderr=True, highlight=False)
        watch, repeated, ids = Progressing(console, quiet=self.quiet), RepeatedIds(), list[str]()

        def texts(reject_file: RejectFile) -> Iterator[str]:
            reviews = repeated.watch(self.inputs.read(reject_file, watch.opened, watch.noted))
            for review in watch.passing(reviews):
                ids.append(review.id)
                if len(ids) > _MOST:
                    raise GuandianError(
                        f"more than {_MOST:,} reviews: their vectors are kept in memory",
                        f"read fewer of them with --limit {_MOST}, or divide the input",
                    )
                yield review.text

        with watch, RejectFile(rejects, overwrite=self.overwrite) as reject_file:
            make = self.vectoriser.transform if fitted else self.vectoriser.fit_transform
            matrix = make(texts(reject_file))
        if self.save:
            self.vectoriser.save(self.save, overwrite=self.overwrite)
        write_vectors(self.out, matrix, ids, self.vectoriser, overwrite=self.overwrite)
        lost = _notes(matrix, reject_file.count, rejects, repeated.count)
        tell_notes((*watch.notes, *lost), console)
        if not self.quiet:
            self._tell(matrix)

    def _outputs(self) -> Path | None:
        """Refuse outputs that cannot be written, before anything is read; where rejects go."""
        refuse_folder(self.out)
        beside = check_matrix_output(self.out, type(self.vectoriser))
        rejects = self.rejects
        if rejects is None and self.inputs.on_error == "skip":
            rejects = self.out.with_name(f"{self.out.name}.rejects.jsonl")
        outputs = [path for path in (self.out, beside, self.save, rejects) if path]
        refuse_outputs(outputs, [*self.inputs.files, *self.reads], overwrite=self.overwrite)
        return rejects

    def _tell(self, matrix: Matrix) -> None:
        rows, columns = matrix.shape
        kind = self.vectoriser.kind
        shape = f"{counted(rows, 'reviews')} × {counted(columns, 'features')}, {kind}"
        if sparse.issparse(matrix):
            shape += f", {matrix.nnz:,} {say('not zero')}"
        screen = Console(highlight=False)
        for line in (shape, f"→ {self.out}", f"→ {self.save}" if self.save else ""):
            if line:
                screen.print(Text(line), soft_wrap=True)


def _notes(matrix: Matrix, rejected: int, rejects: Path | None, repeated: int) -> Iterator[str]:
    if sparse.issparse(matrix):
        unknown = int((matrix.getnnz(axis=1) == 0).sum())
    else:
        unknown = int((~matrix.any(axis=1)).sum())
    if unknown:
        zeros = say("reviews have no known word: zeros")
        yield f"{unknown:,} {zeros}"
    if repeated:
        yield f"{counted(repeated, 'reviews have the id of an earlier one')}"
    if rejected:
        yield f"{counted(rejected, 'rejects')} → {rejects}"
