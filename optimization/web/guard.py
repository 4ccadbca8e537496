"""The gate before every page: who may ask, from where, how much; and what the browser is told never to do.

The page has no accounts. It listens on this machine alone, and where it is bound to another address a random token is
asked for. Other sites that the same browser shows must not be able to use it: the Host must be ours (no rebinding of
names), a POST must come from our own page and carry a token that hangs on the session's cookie.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SESSION, KEY = "session", "key"
"""Our cookies, within the names that `cookie_name` makes of them."""
LARGEST_FORM = 256 * 1024
"""Bytes."""
MOST_FIELDS = 2_000
PATIENCE_SECONDS = 10.0
"""How long a form may take to arrive."""
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
API = "/api/"
"""Addresses that take JSON and change nothing. A page of another site cannot send it: a browser asks us first whether
it may (OPTIONS), and is refused. What is no browser sends neither Origin nor Sec-Fetch-Site."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}

Refusal = Callable[[Request, int, str], Response]
"""Makes the page that says why: request, HTTP status, key of the phrase."""


@dataclass(frozen=True)
class Door:
    """Where the server listens and what opens it: `token` is '' on this machine's own address."""

    host: str = "127.0.0.1"
    token: str = ""
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def key(self) -> str:
        """What the cookie holds once the token was shown."""
        return self.sign(f"key {self.token}")

    def sign(self, text: str) -> str:
        """A text's signature, good while this server runs."""
        return hmac.new(self.secret, text.encode(), hashlib.sha256).hexdigest()

    def serves(self, name: str) -> bool:
        """Whether a Host header names us. A name that an attacker lets point here is none of ours; a bare address
        cannot be made to point elsewhere, so any will do where the server listens on all."""
        if name in LOOPBACK or name == self.host:
            return True
        if self.host not in ("0.0.0.0", "::", ""):
            return False
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return name in (socket.gethostname().lower(), socket.getfqdn().lower())
        return True


def door_for(host: str) -> Door:
    """The door of an address: with a token where others than this machine can reach it."""
    return Door(host.lower(), "" if host.lower() in LOOPBACK else secrets.token_urlsafe(24))


class Guard:
    """ASGI middleware. A request that passes finds in its state `session`, `csrf` and, after a POST, `fields` (name to
    its values); all other requests are refused with the page that `refuse` makes."""

    def __init__(self, app: ASGIApp, door: Door, refuse: Refusal) -> None:
        self.app, self.door, self.refuse = app, door, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        known = cookies(request).get(cookie_name(request, SESSION), "")
        session = known if len(known) == 64 and known.isalnum() else secrets.token_hex(32)
        scope["state"] = {
            **scope.get("state", {}),
            "session": session,
            "csrf": self.door.sign(f"csrf {session}"),
        }
        response = self._at_the_door(request) or await self._posted(request, bool(known))
        named = cookie_name(request, SESSION)
        sender = self._dressed(send, "" if session == known else f"{named}={session}")
        await (response or self.app)(scope, receive, sender)

    def _at_the_door(self, request: Request) -> Response | None:
        """Refusal of a foreign Host or of who has no token; the way in for who shows it."""
        hosts = request.headers.getlist("host")
        try:
            name = urlsplit(f"//{hosts[0]}").hostname if len(hosts) == 1 else None
        except ValueError:
            name = None
        if name is None or not self.door.serves(name):
            return self.refuse(request, 400, "refused_host")
        if not self.door.token:
            return None
        if hmac.compare_digest(
            cookies(request).get(cookie_name(request, KEY), "").encode(), self.door.key.encode()
        ):
            return None
        bearer = f"Bearer {self.door.token}".encode()
        if is_api(request) and hmac.compare_digest(request.headers.get("authorization", "").encode(), bearer):
            return None
        shown = request.query_params.get("token", "")
        if request.method == "GET" and hmac.compare_digest(shown.encode(), self.door.token.encode()):
            rest = [pair for pair in request.query_params.multi_items() if pair[0] != "token"]
            response = RedirectResponse(own_path(request) + (f"?{urlencode(rest)}" if rest else ""), 303)
            response.set_cookie(cookie_name(request, KEY), self.door.key, httponly=True, samesite="strict")
            return response
        return self.refuse(request, 403, "refused_token")

    async def _posted(self, request: Request, known: bool) -> Response | None:
        """Refusal of a POST that is not from our page or is too large; else its fields are read."""
        if request.method in ("GET", "HEAD"):
            return None
        if request.method != "POST":
            return self.refuse(request, 405, "refused_method")
        foreign = "origin" in request.headers or "sec-fetch-site" in request.headers
        if (foreign or not is_api(request)) and not same_origin(request.headers):
            return self.refuse(request, 403, "refused_origin")
        wanted = JSON if is_api(request) else FORM
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != wanted:
            return self.refuse(request, 415, "refused_upload")
        body = b""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                async for chunk in request.stream():
                    body += chunk
                    if len(body) > LARGEST_FORM:
                        return self._hang_up(request, 413, "refused_size")
        except TimeoutError:
            return self._hang_up(request, 408, "refused_slow")
        if is_api(request):
            request.state.body = body
            return None
        fields: dict[str, list[str]] = {}
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
        except ValueError:
            return self.refuse(request, 400, "refused_form")
        for name, value in pairs:
            fields.setdefault(name, []).append(value)
        shown = fields.pop("csrf", [""])[0]
        if not known or not hmac.compare_digest(shown.encode(), request.state.csrf.encode()):
            return self.refuse(request, 403, "refused_csrf")
        request.state.fields = fields
        return None

    def _hang_up(self, request: Request, status: int, key: str) -> Response:
        """A refusal after which nothing more is read."""
        response = self.refuse(request, status, key)
        response.headers["connection"] = "close"
        return response

    def _dressed(self, send: Send, session: str) -> Send:
        """Add the headers that every answer bears, and the cookie of a new session."""
        # with no-referrer a browser hides the origin of its POSTs; off this machine that is all there is to check,
        # since browsers send Sec-Fetch-Site over plain HTTP only to loopback
        referrer = "same-origin" if self.door.token else "no-referrer"

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**HEADERS, "referrer-policy": referrer}.items():
                    headers.setdefault(name, value)
                if session:
                    headers.append("set-cookie", f"{session}; HttpOnly; Path=/; SameSite=strict")
            await send(message)

        return dressed


def is_api(request: Request) -> bool:
    """Whether an address is one that takes JSON."""
    return request.url.path.startswith(API)


def own_path(request: Request) -> str:
    """The path of an address, as it may stand in a link: with two slashes at its start it would name another site."""
    return "/" + request.url.path.lstrip("/")


def same_origin(headers: Headers) -> bool:
    """Whether a request comes from a page of ours, by what the browser says."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    ours = origin is not None and urlsplit(origin).netloc == headers.get("host") and origin.startswith("http")
    if site is None:
        return ours
    return site == "same-origin" and (ours or origin in (None, "null"))


def cookie_name(request: Request, name: str) -> str:
    """A cookie of ours as the browser knows it. Browsers send a host's cookies to every port of it: other applications
    of this machine, and another server of ours, must not meet or overwrite them."""
    try:
        port = urlsplit(f"//{request.headers.get('host', '')}").port or 80
    except ValueError:
        port = 80
    return f"optimization-{port}-{name}"


def cookies(request: Request) -> dict[str, str]:
    """The cookies of a request; none where they cannot be read."""
    try:
        return {
            name: morsel.value for name, morsel in SimpleCookie(request.headers.get("cookie", "")).items()
        }
    except CookieError:
        return {}
