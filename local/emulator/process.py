"""The AWS emulator as a child process.

Other modules use only `Emulator`: a URL, a region and an operator's credentials.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from local.lambdas.function import Credentials

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "tools" / "emulator" / "bin" / "python"
START_LIMIT = 60.0
"""Seconds for the emulator to start."""
STOP_LIMIT = 5.0
"""Seconds for it to stop before it is killed."""


class EmulatorError(Exception):
    """The emulator can't be started. The text is shown to the user."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """Address of the emulated AWS, and the credentials of its operator (root)."""

    url: str
    region: str
    key: str = "test"
    secret: str = "test"  # noqa: S105 - the emulator's public default
    _clients: list[Any] = field(default_factory=list, repr=False)

    def client(self, service: str, credentials: Credentials | None = None) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """Return a boto3 client with the operator's or a role's credentials. Takes about 50 ms."""
        client = boto3.session.Session(
            aws_access_key_id=credentials.key if credentials else self.key,
            aws_secret_access_key=credentials.secret if credentials else self.secret,
            aws_session_token=credentials.token if credentials else None,
            region_name=self.region,
        ).client(  # type: ignore[call-overload] # stubs know each service by a literal
            service,
            endpoint_url=self.url,
            config=Config(
                s3={"addressing_style": "path"}, retries={"total_max_attempts": 2}, max_pool_connections=32, proxies={}
            ),
        )
        self._clients.append(client)
        return client

    def close(self) -> None:
        """Close the connections of all clients."""
        for client in self._clients:
            client.close()


@asynccontextmanager
async def run_emulator(
    port: int, state: Path, region: str, settings: Mapping[str, str] | None = None
) -> AsyncIterator[Emulator]:
    """Run ministack on a port of the loopback address, with its files in `state`; `settings` are extra variables.

    Raises EmulatorError.
    """
    _prepare(state)
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-IS", str(ROOT / "local" / "lambdas" / "parent_guard.py"), str(os.getpid())],
        *[str(PYTHON), "-I", str(ROOT / "local" / "emulator" / "launcher.py")],
        env=_settings(port, state, region) | dict(settings or {}),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    last: deque[str] = deque(maxlen=20)
    tail = asyncio.create_task(_write_log(process, state / "emulator.log", last))
    emulator = Emulator(f"http://127.0.0.1:{port}", region)
    try:
        await _await_health(process, emulator.url, last)
        yield emulator
    finally:
        emulator.close()
        await _stop(process)
        await tail


def _prepare(state: Path) -> None:
    if not PYTHON.exists():
        raise EmulatorError(f"The emulator is not installed at {PYTHON.parent}: run `make setup`.")
    state.mkdir(parents=True, exist_ok=True)


def _settings(port: int, state: Path, region: str) -> dict[str, str]:
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(state),
        "TMPDIR": str(state),
        "STATE_DIR": str(state / "state"),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": region,
        "AUTH": "true",  # enforce the policies of roles and buckets
        "IOT_MTLS_ENABLED": "0",  # would open another port
        "SFTP_ENABLED": "0",  # as above
        "DOCKER_HOST": f"unix://{state}/no-docker",  # functions run in the local pool, not in containers
        "LOG_LEVEL": "WARNING",
    }


async def _write_log(process: asyncio.subprocess.Process, path: Path, last: deque[str]) -> None:
    with path.open("wb", buffering=0) as log:
        while process.stdout and (chunk := await process.stdout.read(65536)):
            log.write(chunk)
            last.extend(chunk.decode(errors="replace").splitlines())


async def _await_health(process: asyncio.subprocess.Process, url: str, last: deque[str]) -> None:
    async with aiohttp.ClientSession() as session, asyncio.timeout(START_LIMIT):
        while process.returncode is None:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(f"{url}/_ministack/health") as response:
                    if response.ok:
                        return
            await asyncio.sleep(0.05)
    raise EmulatorError("The emulator ended during its start:\n" + "\n".join(last))


async def _stop(process: asyncio.subprocess.Process) -> None:
    for kind in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, kind)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_LIMIT)
            return
