"""How the stack's parts are connected: directly. The fault tests (lab/chaos) put failing proxies between them."""

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

    TO_AWS = "functions to S3, DynamoDB and SQS"
    TO_CLOUDFRONT = "functions to CloudFront"
    TO_WEBSITE = "edge to the destination bucket, or to its website"


class Wiring:
    """Direct connections, and functions as deployed."""

    def configure(self, function: Function) -> Function:
        """Return the function to run."""
        return function

    @asynccontextmanager
    async def front(self, _connection: Connection, server: URL) -> AsyncIterator[URL]:
        """Yield the address that callers of a server use; `server` is its own."""
        yield server

    def invoke(self, _pool: FunctionPool, invoke: Invoke) -> Invoke:
        """Return what invokes a function; `invoke` does so directly."""
        return invoke

    def queue(self, client: Any) -> Any:  # noqa: ANN401 - boto3's client of SQS, or a replacement
        """Return the client with which the poller receives and deletes messages."""
        return client
