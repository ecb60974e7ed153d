"""A proxy of the container engine for emulated AWS: it redirects ECR, and adds the server of Lambda's Runtime API.

It listens on a socket of its own. With it as their `DOCKER_HOST`, `sam deploy` pushes to the
registry that it would push to in AWS, and the emulator runs the functions' images as they were pushed.
"""

from __future__ import annotations

import json
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import web
from yarl import URL

from local.cloudfront.origin import as_payload

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

ECR = re.compile(rb"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com")
RUNTIME = "/lambda-runtime"
"""Where a function's container has the emulator of Lambda's Runtime API."""
HOP_BY_HOP = ("connection", "content-length", "host", "transfer-encoding")


class EngineProxy:
    """Passes requests on to the engine, with the registry's address in place of ECR's."""

    def __init__(self, registry: str, runtime: Path, session: aiohttp.ClientSession) -> None:
        """`registry` is a host and port; `runtime` the emulator of the Runtime API, for this machine's processor."""
        self._registry = registry.encode()
        self._runtime = runtime
        self._session = session

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request of a client."""
        target = self._place(request.raw_path.encode()).decode()
        # not request.read(), which refuses more than 1 MiB: a build context has that
        body = self._place(await request.content.read())
        if re.fullmatch(r"(/v[0-9.]+)?/containers/create", request.path):
            body = await self._give_runtime(body)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        url = URL(f"http://engine{target}", encoded=True)
        async with self._session.request(request.method, url, headers=headers, data=as_payload(body)) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP}
            response = web.StreamResponse(status=answer.status, headers=kept)
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            return response

    def _place(self, content: bytes) -> bytes:
        return ECR.sub(self._registry, content)

    async def _give_runtime(self, body: bytes) -> bytes:
        """Have a function's container start as Lambda starts it: the image's own program, under the Runtime API."""
        container: dict[str, Any] = json.loads(body)
        if container.get("Labels", {}).get("ministack") != "lambda":
            return body
        async with self._session.get(f"http://engine/images/{container['Image']}/json") as answer:
            image = (await answer.json())["Config"]
        container["Entrypoint"] = [RUNTIME, *image["Entrypoint"]]
        container["Cmd"] = container.get("Cmd") or image["Cmd"]
        container["HostConfig"].setdefault("Binds", []).append(f"{self._runtime}:{RUNTIME}:ro")
        return json.dumps(container).encode()


@asynccontextmanager
async def run_engine_proxy(engine: str, path: Path, registry: str, runtime: Path) -> AsyncIterator[str]:
    """Serve on a socket at `path`, and yield what clients are to have as their `DOCKER_HOST`; `engine` is the real one.

    Raises ValueError for an engine that does not listen on a socket of this machine.
    """
    if not engine.startswith("unix://"):
        raise ValueError(f"{engine} is not a Unix socket")
    connector = aiohttp.UnixConnector(path=engine.removeprefix("unix://"))
    limits = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=connector, timeout=limits, auto_decompress=False) as session:
        server = web.Server(EngineProxy(registry, runtime, session).handle, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.UnixSite(runner, str(path)).start()
            yield f"unix://{path}"
        finally:
            await runner.cleanup()
