"""Connections that say nothing, or a byte a minute, are closed: they would take every place of the server."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 10.0
"""How long the head of a request may take to arrive."""

UNREAD_SECONDS = 30.0
"""How long an answer may wait for its reader to take more of it."""

MOST_CONNECTIONS = 500
"""Connections at once; further ones are told to come back."""

SPARE_CONNECTIONS = 50
"""Of those that are told so; any more are closed unheard."""


FILES = 4_096
"""Files that the process wants to be allowed; many systems begin with 256 or 1,024."""


def room_for_files() -> None:
    """Raise the limit of open files where the system lets us: with none left no run can be started, and Python fills
    the log with the connections that it cannot take."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


class Hurried(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, with an end to its patience: uvicorn waits for ever for the rest of a head."""

    _late: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait; hang up where there is no room even to refuse."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS + SPARE_CONNECTIONS:
            transport.abort()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Wait on where the head is not whole yet."""
        super().data_received(data)
        self._watch()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; where a page was being made for its beginning, nobody waits for that any more."""
        if self.cycle is not None:
            self.cycle.disconnected = True
        super().send_400_response(msg)

    def pause_writing(self) -> None:
        """Begin to watch whether the reader takes his answer: it would be held for as long as he likes."""
        super().pause_writing()
        self._look_again()

    def resume_writing(self) -> None:
        """He has read on."""
        super().resume_writing()
        self._read()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        self._rest()
        self._read()

    def _look_again(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._unread = self.loop.call_later(UNREAD_SECONDS, self._unless_less_than, left)

    def _unless_less_than(self, before: int) -> None:
        if self.transport.get_write_buffer_size() < before:
            self._look_again()
        else:
            self.transport.abort()

    def _read(self) -> None:
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._rest()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _rest(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
