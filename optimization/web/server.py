"""The server of the page: puts guard, pages and jobs together and listens."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import webbrowser
from collections.abc import AsyncIterator
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from optimization.archive import room_for_scratch
from optimization.errors import InputError, Problem
from optimization.web.counters import Counters, cores
from optimization.web.counting import Counting
from optimization.web.guard import Door, Guard, door_for
from optimization.web.jobs import Jobs
from optimization.web.page import on_defect, on_http_error, refusal
from optimization.web.patience import MOST_CONNECTIONS, Hurried, room_for_files
from optimization.web.routes import Site, on_bad_input

BACKLOG = 128
"""Connections that may wait to be taken, and are taken in one go."""


def application(
    results: Path, door: Door | None = None, jobs: Jobs | None = None, counters: Counters | None = None
) -> Starlette:
    """The page as an ASGI application. `jobs` and `counters` are closed when the application ends."""
    results = results.resolve()
    room_for_scratch(results)
    work = jobs or Jobs(results)
    site, counters = Site(results, work), counters or Counters()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            counters.close()
            await run_in_threadpool(work.close)
            site.scratch.cleanup()

    return Starlette(
        routes=[*Counting(counters).routes(), *site.routes()],
        middleware=[Middleware(Guard, door=door or Door(), refuse=refusal)],
        exception_handlers={HTTPException: on_http_error, InputError: on_bad_input, 500: on_defect},
        lifespan=lifespan,
    )


def serve(host: str, port: int, results: Path, open_browser: bool) -> int:
    """Serve the page until it is interrupted; 0. Runs go to `results`/web. On another address than this machine's own a
    token is asked for, which is printed once. Raises InputError where the address cannot be bound."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    room_for_files()
    door, listening = door_for(host), _listening(host, port)
    port = listening.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}/" + (f"?token={door.token}" if door.token else "")
    config = uvicorn.Config(
        application(results, door, counters=Counters(cores())),
        log_level="warning",
        access_log=False,  # addresses hold the token
        server_header=False,
        timeout_graceful_shutdown=3,
        http=Hurried,
        limit_concurrency=MOST_CONNECTIONS,
        backlog=BACKLOG,
    )
    print(f"Open {address}\nEnd with Ctrl-C.", flush=True)
    if open_browser:
        threading.Timer(0.5, webbrowser.open, (address,)).start()
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _listening(host: str, port: int) -> socket.socket:
    """The socket of an address; raises InputError where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        message = f"cannot be listened on ({error})"
        remedy = "choose another --port or --host, or end what listens there"
        problem = Problem("command line", message, remedy, column="--port", value=f"{host}:{port}")
        raise InputError([problem]) from error
