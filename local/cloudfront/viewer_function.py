"""CloudFront Functions: runs the deployed JavaScript in QuickJS, with time and memory limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import quickjs

from local.cloudfront.function_event import answer_shape, read_answer, read_request, request_shape
from local.exchange import Answer, RefusedError, ViewerRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

MEMORY_BYTES: Final = 2 * 1024 * 1024
"""CloudFront's "maximum memory" of a function (developer guide, quotas on CloudFront Functions)."""

SECONDS: Final = 0.1
"""CPU time of a call. CloudFront allows about 1 ms; QuickJS on a busy laptop needs more."""

_CALL: Final = """
var __outcome;
function __call(event) {
  __outcome = undefined;
  new Promise(resolve => resolve(handler(JSON.parse(event)))).then(
    result => { __outcome = JSON.stringify({result}); },
    error => { __outcome = JSON.stringify({error: error + "\\n" + (error && error.stack || "")}); });
}
"""
_MAXIMUM_JOBS: Final = 10_000
"""Promise jobs of one call; a handler that keeps awaiting would otherwise never end."""

_NOT_WELL_FORMED: Final = (KeyError, TypeError, ValueError, AttributeError, RefusedError)


class FunctionError(Exception):
    """The function threw an error or exceeded a limit; CloudFront answers 503."""


class InvalidResultError(Exception):
    """The function returned neither a request nor a response; CloudFront answers 502."""


class ViewerFunction:
    """A function's code and the interpreter that runs it, in the thread that created it."""

    def __init__(self, code: str, distribution_id: str, domain_name: str) -> None:
        """Load the code. Raise FunctionError if it can't be parsed."""
        self._code = code
        self._context = {"distributionDomainName": domain_name, "distributionId": distribution_id}
        self._load()

    def on_request(self, request: ViewerRequest, request_id: str) -> ViewerRequest | Answer:
        """Run the function on a viewer's request. Return the request, perhaps changed, or an answer.

        Raise FunctionError or InvalidResultError.
        """
        shape = request_shape(request)
        result = self._run("viewer-request", request, request_id, {"request": shape})
        try:
            return read_answer(result) if "statusCode" in result else read_request(request, shape, result)
        except _NOT_WELL_FORMED as error:
            raise InvalidResultError(f"{type(error).__name__}: {error}") from error

    def on_response(self, request: ViewerRequest, answer: Answer, request_id: str) -> Answer:
        """Run the function on an answer; `request` is the one that the function on requests returned.

        Raise FunctionError or InvalidResultError.
        """
        shape = answer_shape(answer)
        parts = {"request": request_shape(request), "response": shape}
        result = self._run("viewer-response", request, request_id, parts)
        if result == shape:
            return answer
        try:
            return read_answer(result, answer.body)
        except _NOT_WELL_FORMED as error:
            raise InvalidResultError(f"{type(error).__name__}: {error}") from error

    def _load(self) -> None:
        self._interpreter = quickjs.Context()
        self._interpreter.set_memory_limit(MEMORY_BYTES)
        self._interpreter.set_time_limit(SECONDS)
        try:
            self._interpreter.eval(self._code)
            self._interpreter.eval(_CALL)
        except quickjs.JSException as error:
            raise FunctionError(str(error)) from error

    def _run(
        self, event_type: str, request: ViewerRequest, request_id: str, parts: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        context = {**self._context, "eventType": event_type, "requestId": request_id}
        event = {"version": "1.0", "context": context, "viewer": {"ip": request.ip}, **parts}
        parsed = self._call(json.dumps(event))
        if "error" in parsed:
            raise FunctionError(parsed["error"])
        result = parsed.get("result")
        if not isinstance(result, dict):
            raise InvalidResultError("the handler returned neither a request nor a response")
        return result

    def _call(self, event: str) -> dict[str, Any]:
        """Return {result} or {error} after the handler's promise is settled."""
        try:
            self._interpreter.get("__call")(event)
            jobs = 0
            while self._interpreter.execute_pending_job() and jobs < _MAXIMUM_JOBS:
                jobs += 1
            outcome = self._interpreter.get("__outcome")
        except quickjs.JSException as error:
            # A limit was exceeded: the interpreter is in an undefined state.
            self._load()
            raise FunctionError(str(error)) from error
        if outcome is None:
            self._load()
            raise FunctionError("the handler's promise never settles")
        parsed: dict[str, Any] = json.loads(outcome)
        return parsed
