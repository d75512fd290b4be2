"""The process: one socket, one loop, and an end within a bounded time."""

from __future__ import annotations

import gc
import socket
import sys
from types import FrameType

import uvicorn

from guandian.errors import GuandianError, reason
from guandian.service.app import create_app
from guandian.service.parts import Service

_BACKLOG = 2048
_SWITCH = 0.0005
"""Seconds after which a thread that reads reviews lets the loop go on: it waits at every call of
the system, and Python's own 0.005 would make each request as slow as several of them."""


class Server(uvicorn.Server):
    """Tells the service as soon as it is to end, so that open streams end by themselves."""

    service: Service

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End: no new calls; those that run have the drain's seconds."""
        self.service.ending.set()
        super().handle_exit(sig, frame)


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        GuandianError: the address is taken or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise GuandianError(
            f"cannot listen on {host} port {port}: {reason(error)}",
            "choose another with --port, or end what listens there",
        ) from error
    listener.listen(_BACKLOG)
    return listener


def serve_until_ended(service: Service, listener: socket.socket) -> None:
    """Answer until a signal asks for the end, then for the drain's seconds at most."""
    config = uvicorn.Config(
        create_app(service),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        lifespan="off",
        timeout_graceful_shutdown=max(1, round(service.limits.drain)),
    )
    server = Server(config)
    server.service = service
    sys.setswitchinterval(_SWITCH)
    # What stands from the start to the end, two hundred thousand objects of routes and schemas, is
    # left out of the search for garbage, which would stop every thread for a tenth of a second.
    gc.collect()
    gc.freeze()
    server.run(sockets=[listener])
