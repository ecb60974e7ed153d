"""A process of a function, and the Runtime API that only this process uses.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html

An answer is handed to the caller when the runtime has posted it. The invocation ends, and the next can begin, when the
runtime and all extensions have asked for their next event; the time-out covers both. In between the process is frozen:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-invoke
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

from local.lambdas.extensions import Extensions
from local.lambdas.function import RESPONSE_LIMIT, Answer, Function, Invocation, Report, fail

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    Log = Callable[[Function, str], None]

PARENT_GUARD = Path(__file__).with_name("parent_guard.py")
INIT_LIMIT = 60.0
"""Seconds for the imports. Lambda allows 10; a busy laptop needs more."""
LINE_LIMIT = 1_048_576
"""Bytes of a line of output: four times the limit of CloudWatch Logs."""


class Worker:
    """A function's process. It processes invocations from `take` one by one, until it exits or is killed."""

    def __init__(self, function: Function, take: Callable[[], Awaitable[Invocation]], log: Log) -> None:
        """Prepare a worker; `log` is called with each line that the process prints."""
        self.function = function
        self.ready = asyncio.Event()
        """Set when the process has imported its handler and requests the first event."""
        self.current: Invocation | None = None
        """The invocation that has begun and not ended; it may be answered already."""
        self.failure: Answer | None = None
        """Why the process ends, if more is known than its exit status."""
        self._take = take
        self._log = log
        self._started = 0.0
        self._answered: float | None = None
        """When `current` was answered."""
        self._error_type = ""
        """Lambda's error type of that answer."""
        self._extensions = Extensions(function, self._abort)
        self._limit: asyncio.TimerHandle | None = None
        self._taking: asyncio.Future[Invocation] | None = None
        self._runner = web.AppRunner(self._routes(), access_log=None, shutdown_timeout=0.1)
        self._process: asyncio.subprocess.Process | None = None
        self._killed = self._retired = False

    @property
    def free(self) -> bool:
        """Whether the worker can take an invocation."""
        return self.current is None and self.failure is None

    @property
    def process(self) -> int | None:
        """The process's id, once it has started."""
        return self._process.pid if self._process else None

    async def listen(self) -> str:
        """Serve the worker's Runtime API and return its address."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"{host}:{port}"

    async def run(self, python: str, environment: Mapping[str, str]) -> None:
        """Run the process to its end, and answer a pending invocation."""
        try:
            process = await self._start(python, environment)
            output = asyncio.create_task(self._read_output(process))
            await process.wait()
            self.kill()  # including its child processes
            with contextlib.suppress(TimeoutError):  # a grandchild outside the process group keeps the pipe open
                await asyncio.wait_for(output, 5)
            self.failure = self.failure or fail("Runtime.ExitError", f"Runtime exited with status {process.returncode}")
        finally:
            await self._finish()

    def kill(self) -> None:
        """Kill the process and its children, now or when it has started."""
        self._killed = True
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def retire(self) -> None:
        """End the process after its current event."""
        self._retired = True
        if not self.current:
            self.failure = fail("Runtime.Retired", "the worker's lifetime was over")
            self.kill()
            if self._taking:
                self._taking.cancel()

    async def _start(self, python: str, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
        runtime = self.function.runtime or (python, "-m", "awslambdaric", self.function.handler)
        self._process = await asyncio.create_subprocess_exec(
            *[python, "-IS", str(PARENT_GUARD), str(os.getpid()), *runtime],
            env=dict(environment),
            cwd=environment["LAMBDA_TASK_ROOT"],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LINE_LIMIT,
            start_new_session=True,
        )
        if self._killed:
            self.kill()
        self._set_limit(INIT_LIMIT, "Sandbox.Timedout", f"the handler was not imported within {INIT_LIMIT:.0f} s")
        return self._process

    async def _finish(self) -> None:
        self._end(self.failure or fail("Runtime.ExitError", "Runtime exited"))
        if self._limit:
            self._limit.cancel()
        if self._taking:
            self._taking.cancel()
        await self._runner.cleanup()

    async def _read_output(self, process: asyncio.subprocess.Process) -> None:
        while process.stdout:
            try:
                line = await process.stdout.readline()
            except ValueError:  # longer than LINE_LIMIT: the buffered part is dropped
                continue
            if not line:
                return
            self._log(self.function, line.decode(errors="replace").rstrip("\r\n"))

    def _routes(self) -> web.Application:
        application = web.Application()
        runtime = "/2018-06-01/runtime"
        application.router.add_get(f"{runtime}/invocation/next", self._next)
        application.router.add_post(f"{runtime}/invocation/{{id}}/response", self._response)
        application.router.add_post(f"{runtime}/invocation/{{id}}/error", self._error)
        application.router.add_post(f"{runtime}/init/error", self._init_error)
        self._extensions.add_routes(application)
        return application

    async def _next(self, _request: web.Request) -> web.Response:
        if self.current and self._answered is None:
            self._settle(fail("Runtime.ExitError", "the runtime requested an event before answering the previous one"))
        self._extensions.close()
        await self._extensions.idle.wait()
        self._end()
        if self._limit:
            self._limit.cancel()
        self.ready.set()
        if self._retired:
            self.retire()
            raise web.HTTPServiceUnavailable
        self._taking = asyncio.ensure_future(self._take())
        self._signal(signal.SIGSTOP)
        try:
            self.current = invocation = await self._taking
        finally:
            self._signal(signal.SIGCONT)
        return self._begin(invocation)

    def _begin(self, invocation: Invocation) -> web.Response:
        """Hand an event to the runtime and to the extensions."""
        self._started, self._answered = time.perf_counter(), None
        deadline = int((time.time() + self.function.timeout) * 1000)
        message = f"{invocation.id} Task timed out after {self.function.timeout:.2f} seconds"
        self._set_limit(self.function.timeout, "Sandbox.Timedout", message)
        trace = _trace(sampled="AWS_XRAY_DAEMON_ADDRESS" in self.function.environment)
        self._extensions.invoke(
            {
                "eventType": "INVOKE",
                "deadlineMs": deadline,
                "requestId": invocation.id,
                "invokedFunctionArn": self.function.arn,
                "tracing": {"type": "X-Amzn-Trace-Id", "value": trace},
            }
        )
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": self.function.arn,
            "Lambda-Runtime-Trace-Id": trace,
        }
        return web.Response(body=invocation.event, content_type="application/json", headers=headers)

    async def _response(self, request: web.Request) -> web.Response:
        body = await _read(request, RESPONSE_LIMIT)
        if body is None:
            message = f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
            failure = fail("Function.ResponseSizeTooLarge", message)
            self._accept(request, failure)
            return web.Response(status=413, body=failure.payload, content_type="application/json")
        return self._accept(request, Answer(body))

    async def _error(self, request: web.Request) -> web.Response:
        return self._accept(request, await _read_error(request))

    async def _init_error(self, request: web.Request) -> web.Response:
        self.failure = await _read_error(request)
        return web.json_response({"status": "OK"}, status=202)

    def _accept(self, request: web.Request, answer: Answer) -> web.Response:
        if not self.current or self._answered is not None or request.match_info["id"] != self.current.id:
            return web.json_response({"errorType": "InvalidRequestID"}, status=400)
        self._settle(answer)
        return web.json_response({"status": "OK"}, status=202)

    def _settle(self, answer: Answer) -> None:
        """Answer the caller, if that has not happened. Without extensions the invocation ends with its answer."""
        invocation = self.current
        if invocation and self._answered is None:
            self._answered = time.perf_counter()
            self._error_type = answer.error
            if self._extensions.empty:
                self._end()
            milliseconds = (self._answered - self._started) * 1000
            invocation.resolve(Answer(answer.payload, answer.error, milliseconds, invocation.report))

    def _end(self, failure: Answer | None = None) -> None:
        """End the invocation. A failure is its answer, or is logged if there was one already."""
        if failure and self._answered is None:
            self._settle(failure)
        if not self.current or self._answered is None:
            return
        if failure and not self._error_type:
            self._error_type = failure.error
            self._log(self.function, f"{self.current.id} failed after its answer: {failure.payload.decode()}")
        end = time.perf_counter()
        self.current.end(Report((end - self._started) * 1000, (end - self._answered) * 1000, self._error_type))
        self.current = None
        if self._limit:
            self._limit.cancel()

    def _set_limit(self, seconds: float, error: str, message: str) -> None:
        self._limit = asyncio.get_running_loop().call_later(seconds, self._abort, fail(error, message))

    def _abort(self, failure: Answer) -> None:
        self.failure = failure
        self._end(failure)
        self.kill()


async def _read(request: web.Request, limit: int) -> bytes | None:
    """Read the whole body from the connection; return None if it is larger than `limit` bytes."""
    body = bytearray()
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size <= limit:
            body += chunk
    return bytes(body) if size <= limit else None


async def _read_error(request: web.Request) -> Answer:
    body = await _read(request, RESPONSE_LIMIT) or b"{}"
    return Answer(body, request.headers.get("Lambda-Runtime-Function-Error-Type") or "Unhandled")


def _trace(*, sampled: bool) -> str:
    """Return a trace header; without sampling the function sends no segments."""
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled={int(sampled)}"
