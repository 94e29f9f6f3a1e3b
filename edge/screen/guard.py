"""What every answer and every order must satisfy, so that no other web page can use this one."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar, cast
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY_BYTES = 4096
LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")

POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    # Text becomes markup nowhere, not even by mistake.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": "; ".join(POLICY),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    }
)

Order = TypeVar("Order", bound=BaseModel)


class Headed:
    """ASGI middleware: the security headers on every answer; nothing is kept unasked."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and add to the head of whatever answers it."""

        async def send_headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-cache")
            await send(message)

        await self._app(scope, receive, send_headed)


class Named:
    """ASGI middleware: refuses requests for a name that is not this gate's (DNS rebinding).

    The address a request came in at is a name of this gate too: no foreign page can claim it.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self._app = app
        self._by_name = TrustedHostMiddleware(app, allowed_hosts=hosts, www_redirect=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer that nobody of that name is here."""
        reached = _is_for_its_address(scope)
        await (self._app if reached else self._by_name)(scope, receive, send)


def names_of(host: str, machine: str) -> tuple[str, ...]:
    """The names of a gate that serves its pages at this address of this machine."""
    address = ipaddress.ip_address(host)
    if address.is_loopback:
        return LOCAL_HOSTS
    return (*LOCAL_HOSTS, machine)


def _is_for_its_address(scope: Scope) -> bool:
    if scope["type"] != "http" or scope.get("server") is None:
        return False
    here, port = scope["server"]
    address = ipaddress.ip_address(here)
    address = getattr(address, "ipv4_mapped", None) or address
    literal = f"[{address}]" if address.version == 6 else str(address)
    return Headers(scope=scope).get("host") in {literal, f"{literal}:{port}"}


async def read_order(request: Request, kind: type[Order]) -> Order:
    """Read what a page of ours was told to do.

    Raises:
        HTTPException: 403 from another origin, 415 not JSON, 422 not such an order, 400 broken
            off.  A browser sends a foreign page's form without asking us first: origin and type
            tell it apart.
    """
    if not _is_ours(request):
        raise HTTPException(403, "orders are taken from this gate's own pages only")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "an order is JSON: set Content-Type to application/json")
    try:
        return kind.model_validate_json(await request.body())
    except ClientDisconnect:
        raise HTTPException(400, "the connection ended within the order") from None
    except ValidationError:
        fields = ", ".join(kind.model_fields)
        raise HTTPException(422, f"expected a JSON object with {fields}") from None


async def refuse(_: Request, error: Exception) -> JSONResponse:
    """Say in one sentence what was wrong with a request."""
    refusal = cast("HTTPException", error)
    body = {"error": refusal.detail}
    return JSONResponse(body, status_code=refusal.status_code, headers=refusal.headers)


def _is_ours(request: Request) -> bool:
    """Whether a browser says the order comes from our own origin, or no browser is involved."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.netloc == request.headers.get("host")
