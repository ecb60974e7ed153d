"""The Extensions API, for internal extensions: threads of the function's own process.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html; states and error types are those of AWS's own
emulator: https://github.com/aws/aws-lambda-runtime-interface-emulator
"""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from local.lambdas.function import Function, fail

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from local.lambdas.function import Answer

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

PATH = "/2020-01-01/extension"
IDENTIFIER = "Lambda-Extension-Identifier"
LIMIT = 10
"""Registered extensions of a function (Lambda quotas)."""


class RefusedError(Exception):
    """A refused request (403), with the type and the message of its error."""


@dataclass(eq=False, slots=True)
class Extension:
    """A registered extension. `waiting` is its pending request for the next event."""

    name: str
    invoked: bool
    """Whether it registered for INVOKE. Others ask for an event once, and never get one."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    waiting: asyncio.Future[dict[str, Any]] | None = None


class Extensions:
    """The extensions of one process."""

    def __init__(self, function: Function, end: Callable[[Answer], None]) -> None:
        """Accept registrations until `close`; `end` is called with the error that an extension reports."""
        self.idle = asyncio.Event()
        """Set while every extension waits for its next event."""
        self._function = function
        self._end = end
        self._registered: dict[str, Extension] = {}
        self._open = True
        self.idle.set()

    def add_routes(self, application: web.Application) -> None:
        """Add the paths of the API."""
        application.router.add_post(f"{PATH}/register", _refusing(self._register))
        application.router.add_get(f"{PATH}/event/next", _refusing(self._next))
        application.router.add_post(f"{PATH}/init/error", _refusing(self._error))
        application.router.add_post(f"{PATH}/exit/error", _refusing(self._error))

    @property
    def empty(self) -> bool:
        """Whether none is registered."""
        return not self._registered

    def close(self) -> None:
        """End the registration: the runtime has asked for its first event."""
        self._open = False

    def invoke(self, event: dict[str, Any]) -> None:
        """Hand an INVOKE event to the extensions that registered for it. All of them wait."""
        for extension in self._registered.values():
            if extension.invoked and extension.waiting:
                extension.waiting.set_result(event)
                extension.waiting = None
                self.idle.clear()

    async def _register(self, request: web.Request) -> web.Response:
        extension = self._admit(request.headers.get("Lambda-Extension-Name", ""), await request.read())
        self._registered[extension.id] = extension
        self.idle.clear()
        described = {
            "functionName": self._function.name,
            "functionVersion": self._function.version,
            "handler": self._function.handler,
        }
        return web.json_response(described, headers={IDENTIFIER: extension.id})

    def _admit(self, name: str, body: bytes) -> Extension:
        if not name:
            raise RefusedError("Extension.InvalidExtensionName", "Empty extension name")
        try:
            events = json.loads(body)["events"]
            unknown = [event for event in events if event != "INVOKE"]
        except (ValueError, KeyError, TypeError) as error:
            raise RefusedError("InvalidRequestFormat", str(error)) from error
        if unknown:  # SHUTDOWN too: only external extensions get it
            raise RefusedError("Extension.InvalidEventType", f"{unknown[0]}: not an event for an internal extension")
        if not self._open:
            raise RefusedError("Extension.RegistrationClosed", "Extension registration closed already")
        if any(name == extension.name for extension in self._registered.values()):
            raise RefusedError("Extension.InvalidExtensionState", "Extension with this name already registered")
        if len(self._registered) >= LIMIT:
            raise RefusedError("Extension.TooManyExtensions", f"Extension limit ({LIMIT}) reached")
        return Extension(name, invoked=bool(events))

    async def _next(self, request: web.Request) -> web.Response:
        extension = self._identify(request)
        if extension.waiting:
            raise RefusedError("Extension.InvalidExtensionState", "the extension waits for an event already")
        extension.waiting = waiting = asyncio.get_running_loop().create_future()
        if all(each.waiting for each in self._registered.values()):
            self.idle.set()
        return web.json_response(await waiting, headers={"Lambda-Extension-Event-Identifier": str(uuid.uuid4())})

    async def _error(self, request: web.Request) -> web.StreamResponse:
        """Accept an error of an extension, which ends the process."""
        extension = self._identify(request)
        kind = request.headers.get("Lambda-Extension-Function-Error-Type")
        if not kind:
            raise RefusedError("Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found")
        message = f"extension {extension.name}: {(await request.read()).decode(errors='replace')}"
        response = web.json_response({"status": "OK"}, status=202)
        await response.prepare(request)
        await response.write_eof()
        self._end(fail(kind, message))
        return response

    def _identify(self, request: web.Request) -> Extension:
        identifier = request.headers.get(IDENTIFIER)
        if not identifier:
            raise RefusedError("Extension.MissingExtensionIdentifier", f"Missing {IDENTIFIER} header")
        try:
            return self._registered[str(uuid.UUID(identifier))]
        except ValueError as error:
            raise RefusedError("Extension.InvalidExtensionIdentifier", f"Invalid {IDENTIFIER}") from error
        except KeyError as error:
            raise RefusedError("Extension.UnknownExtensionIdentifier", f"Unknown extension {identifier}") from error


def _refusing(handle: Handler) -> Handler:
    """Return a handler that answers 403 where `handle` raises RefusedError."""

    async def handle_or_refuse(request: web.Request) -> web.StreamResponse:
        try:
            return await handle(request)
        except RefusedError as error:
            kind, message = error.args
            return web.json_response({"errorType": kind, "errorMessage": message}, status=403)

    return handle_or_refuse
