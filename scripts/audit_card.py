"""Writes what audits found into a bundle's card: the section Audited, with date and version.

    python scripts/audit_card.py BUNDLE FILE ...

BUNDLE is a folder or the name of a shipped one; each FILE what `guandian audit ... --json` wrote of
it. What its confidence promises stands there too, where that was measured. `make audit` ends here.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from guandian.audits.audit_card import write_audits
from guandian.bundle import Bundle, model_folder
from guandian.errors import GuandianError
from guandian.mining.caution.promises import Promises
from guandian.pipelines.promising import promises_of


def main() -> None:
    """Write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("bundle")
    parser.add_argument("files", type=Path, nargs="+")
    options = parser.parse_args()
    try:
        bundle = Bundle.open(model_folder(options.bundle))
        promises = _promises(bundle)
        written = write_audits(bundle, options.files, promises, datetime.now(UTC).date())
    except GuandianError as error:
        raise SystemExit(str(error)) from error
    print(f"{written.manifest.id}: {written.path / 'card.md'}")


def _promises(bundle: Bundle) -> Promises | None:
    """What its confidence promises; None where nobody measured that."""
    try:
        return promises_of(bundle.path)
    except GuandianError:
        return None


if __name__ == "__main__":
    main()
