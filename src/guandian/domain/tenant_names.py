"""Names of tenants, which are names of folders too."""

from __future__ import annotations

import re

from guandian.errors import GuandianError

_TENANT = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def checked_tenant(name: str) -> str:
    """The name itself.

    Raises:
        GuandianError: it is no name of a tenant.
    """
    if not _TENANT.fullmatch(name):
        raise GuandianError(
            f"{name!r} is no name of a tenant",
            "name one by small letters, digits, - and _, 64 of them at most",
        )
    return name
