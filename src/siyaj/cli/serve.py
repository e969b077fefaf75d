"""`siyaj serve`: the HTTP API."""

import gc
from typing import Annotated

import msgspec
from cyclopts import Parameter

from siyaj.cli.session import session


def serve(
    host: Annotated[str | None, Parameter(help="Address to listen on [env: SIYAJ_HOST]")] = None,
    port: Annotated[int | None, Parameter(help="Port to listen on; 0 takes a free one [env: SIYAJ_PORT]")] = None,
) -> int:
    """Answer checks over HTTP, and people in the console at /console/, until interrupted. API docs are at /docs.

    Listens on the loopback address unless told otherwise: put a TLS-terminating proxy in front of it.
    """
    gc.disable()  # until all is loaded: `run_server` turns it on. It would walk through what is loaded four times
    from siyaj.server.run import serve as run_server  # noqa: PLC0415  (other commands start faster without it)

    settings = session.get().settings
    given = {"host": host, "port": port}
    return run_server(
        msgspec.structs.replace(settings, **{name: value for name, value in given.items() if value is not None})
    )
