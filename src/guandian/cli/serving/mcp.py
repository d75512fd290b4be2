"""`guandian mcp`: tools for agents over a running service."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from guandian.errors import GuandianError
from guandian.io.optional_libraries import needs

Url = Annotated[str, typer.Option(help="Of the service.")]
KeyVariable = Annotated[
    str, typer.Option(help="The environment variable that holds a key of the service.")
]
Mining = Annotated[
    bool, typer.Option("--mine", help="Offer to mine texts too; the key needs that scope.")
]


def mcp(
    url: Url = "http://127.0.0.1:8000",
    key_variable: KeyVariable = "GUANDIAN_KEY",
    mine: Mining = False,
) -> None:
    """Offer a service to agents, by the Model Context Protocol over standard input and output."""
    key = os.environ.get(key_variable, "").strip()
    if not key:
        raise GuandianError(
            f"the environment variable {key_variable} holds no key", f"export {key_variable}=..."
        )
    needs("httpx2", "mcp", "an MCP server")
    from guandian.client import Client
    from guandian.client.mcp_tools import mcp_server

    with Client(url, key) as client:
        client.get("/v1/summary")  # a wrong address or key is told here, not to an agent
        mcp_server(client, mining=mine).run("stdio")
