"""How the stack's parts are connected: directly. A test of faults connects them by something that fails."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import Enum
from typing import TYPE_CHECKING, Any

from local.lambdas.function import Answer

if TYPE_CHECKING:
    from yarl import URL

    from local.lambdas.function import Function
    from local.lambdas.runtime import FunctionPool

Invoke = Callable[[bytes], Awaitable[Answer]]


class Connection(Enum):
    """A connection between two parts."""

    TO_AWS = "the functions ask S3, DynamoDB and SQS"
    TO_CLOUDFRONT = "the functions ask CloudFront"
    TO_WEBSITE = "the edge asks the destination bucket's website"


class Wiring:
    """Direct connections, and functions as they are deployed."""

    def configure(self, function: Function) -> Function:
        """Return a function as it shall run."""
        return function

    @asynccontextmanager
    async def front(self, _connection: Connection, server: URL) -> AsyncIterator[URL]:
        """Yield the address under which a part is asked; `server` is its own."""
        yield server

    def invoke(self, _pool: FunctionPool, invoke: Invoke) -> Invoke:
        """Return the way of events to a function; `invoke` is the direct one."""
        return invoke

    def queue(self, client: Any) -> Any:  # noqa: ANN401 - boto3's client of SQS, or what stands in for it
        """Return what the poller receives from and deletes with."""
        return client
