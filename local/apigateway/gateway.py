"""API Gateway's data plane: from a request to a stage to the function, and back."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from typing import TYPE_CHECKING

from aiohttp import web
from multidict import CIMultiDict

from local.apigateway.api import Api, GatewayResponse, Integration, Resource
from local.apigateway.gateway_event import MalformedAnswerError, Reply, Request, build_event, read_reply
from local.lambdas.runtime import EventTooLargeError, ThrottledError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from local.lambdas.function import Answer

    Invoke = Callable[[bytes], Awaitable[Answer]]

PAYLOAD_LIMIT = 10_485_760
"""Bytes of a request's body: 10 MB (API Gateway quotas, "Payload size")."""


class GatewayError(Exception):
    """An error of API Gateway itself: gateway response type, status and message."""

    def __init__(self, kind: str, status: int, message: str) -> None:
        """Take a type of "Gateway response types for API Gateway"."""
        super().__init__(message)
        self.kind = kind
        self.status = status


class Gateway:
    """A deployed stage of a REST API; `invoke` maps qualified ARNs to functions."""

    def __init__(self, api: Api, invoke: Mapping[str, Invoke]) -> None:
        """Prepare the routes, the most specific first."""
        self.api = api
        self._invoke = invoke
        self._routes = [(compile_path(r.path), r) for r in sorted(api.resources, key=lambda r: rank_path(r.path))]

    async def handle(self, request: web.BaseRequest) -> web.Response:
        """Answer a request to the API's host."""
        request_id = str(uuid.uuid4())
        try:
            reply = await self._answer(request, request_id)
        except GatewayError as error:
            reply = self._error_reply(error, request_id)
        reply.headers["x-amzn-RequestId"] = request_id
        if "Content-Type" not in reply.headers:
            reply.headers["Content-Type"] = "application/json"
        if request.method == "HEAD":  # the length of the body that the function returned for HEAD
            reply.headers["Content-Length"] = str(len(reply.body))
        return web.Response(status=reply.status, headers=reply.headers, body=reply.body)

    async def _answer(self, request: web.BaseRequest, request_id: str) -> Reply:
        if request.host.partition(":")[0].lower() != self.api.host:
            raise GatewayError("MISSING_AUTHENTICATION_TOKEN", 403, "Forbidden")
        path, _, query = request.raw_path.partition("?")
        stage, _, rest = path.removeprefix("/").partition("/")
        resource, integration, parameters = self._match(stage, "/" + rest, request.method)
        self._authorize(request.method, "/" + rest, request)
        body = await _read_body(request)
        headers = [(name, value) for name, value in request.headers.items() if name.lower() != "connection"]
        headers += [
            ("X-Forwarded-For", request.remote or ""),
            ("X-Forwarded-Port", "443"),
            ("X-Forwarded-Proto", "https"),
        ]
        inner = Request(request.method, "/" + rest, query, headers, body, request.remote or "", request_id, parameters)
        event = json.dumps(build_event(self.api, resource, inner)).encode()
        return await self._call(integration, event)

    def _authorize(self, method: str, path: str, request: web.BaseRequest) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not self.api.allows(method, path, headers):
            reason = "User: anonymous is not authorized to perform: execute-api:Invoke"
            raise GatewayError("ACCESS_DENIED", 403, reason)
        if self.api.throttle and not self.api.throttle.allows():
            raise GatewayError("THROTTLED", 429, "Too Many Requests")

    def _match(self, stage: str, path: str, method: str) -> tuple[Resource, Integration, dict[str, str]]:
        for pattern, resource in self._routes if stage == self.api.stage else []:
            match = pattern.fullmatch(path)
            integration = resource.methods.get(method) or resource.methods.get("ANY")
            if match and integration:
                names = re.findall(r"{([^}+]+)\+?}", resource.path)
                return resource, integration, dict(zip(names, match.groups(), strict=True))
        raise GatewayError("MISSING_AUTHENTICATION_TOKEN", 403, "Missing Authentication Token")

    async def _call(self, integration: Integration, event: bytes) -> Reply:
        if not integration.permitted or integration.function not in self._invoke:
            raise GatewayError("API_CONFIGURATION_ERROR", 500, "Internal server error")
        try:
            async with asyncio.timeout(integration.timeout):
                answer = await self._invoke[integration.function](event)
            if not answer.error:
                return read_reply(answer.payload)
        except TimeoutError:
            raise GatewayError("INTEGRATION_TIMEOUT", 504, "Endpoint request timed out") from None
        except EventTooLargeError:
            raise GatewayError("REQUEST_TOO_LARGE", 413, "Request Entity Too Large") from None
        except ThrottledError as error:  # 500 unless a gateway response changes it, as measured on AWS
            raise GatewayError("INTEGRATION_FAILURE", 500, "Internal server error") from error
        except MalformedAnswerError as error:
            raise GatewayError("DEFAULT_5XX", 502, "Internal server error") from error
        raise GatewayError("DEFAULT_5XX", 502, "Internal server error")

    def _error_reply(self, error: GatewayError, request_id: str) -> Reply:
        default = f"DEFAULT_{error.status // 100}XX"
        response = self.api.responses.get(error.kind) or self.api.responses.get(default) or GatewayResponse(0, {})
        body = response.template.replace("$context.error.messageString", json.dumps(str(error)))
        body = body.replace("$context.error.message", str(error)).replace("$context.error.responseType", error.kind)
        body = body.replace("$context.requestId", request_id)
        headers = CIMultiDict({"x-amzn-ErrorType": error.kind, **response.headers})
        return Reply(response.status or error.status, headers, body.encode())


def compile_path(path: str) -> re.Pattern[str]:
    """Return the pattern of a resource's path: `{name}` matches one segment, `{name+}` the rest, neither is empty."""
    pattern = ""
    for part in re.split(r"({[^}]+})", path):
        if part.startswith("{"):
            pattern += "(.+)" if part.endswith("+}") else "([^/]+)"
        else:
            pattern += re.escape(part)
    return re.compile(pattern, re.DOTALL)


def rank_path(path: str) -> list[int]:
    """Return a sort key: literal segments before parameters, parameters before greedy ones."""
    return [2 if part.endswith("+}") else 1 if part.startswith("{") else 0 for part in path.split("/")]


async def _read_body(request: web.BaseRequest) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > PAYLOAD_LIMIT:
            raise GatewayError("REQUEST_TOO_LARGE", 413, "Request Entity Too Large")
    return bytes(body)
