"""The local stack under load: addresses, originals, and the functions' processes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
ORIGINAL = "hubble.jpg"
"""A sample of 1,000 x 872 pixels, half a megabyte."""
START_LIMIT = 120
"""Time limit in seconds for the start of the stack, and again for the copy of the original."""
SECRET = "benchmarks" * 4
"""The origin secret, for direct requests to the API. Only for this local stack."""


@dataclass(frozen=True, slots=True)
class Service:
    """A running local stack, served by the process with id `process`; the functions are its children."""

    description: dict[str, str]
    process: int

    @property
    def edge(self) -> str:
        """Return the edge's address."""
        return self.description["edge"]

    @property
    def api(self) -> tuple[str, dict[str, str]]:
        """Return the API's address with its stage, and the headers that it requires."""
        headers = {"Host": self.description["api_host"], "Accept": "*/*", "Referer": SECRET}
        return f"{self.description['api_address']}/live", headers

    def find_workers(self, function: str) -> list[int]:
        """Return the process ids of a function's workers."""
        name = f"AWS_LAMBDA_FUNCTION_NAME=transcoder-{function}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            try:
                if name in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
            except OSError:  # it has ended, or belongs to another user
                continue
        return [process for process in found if _parent(process) == self.process]

    def upload(self, name: str) -> None:
        """Upload a sample to the source bucket, and wait until it is in the destination bucket."""
        s3: Any = boto3.client(
            "s3",
            endpoint_url=self.description["aws"],
            region_name=self.description["region"],
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - the emulator's public credentials
        )
        body = (ROOT / "samples" / name).read_bytes()
        s3.put_object(Bucket=self.description["source_bucket"], Key=name, Body=body, ContentType="image/jpeg")
        end = time.monotonic() + START_LIMIT
        while not s3.list_objects_v2(Bucket=self.description["destination_bucket"], Prefix=name).get("KeyCount"):
            if time.monotonic() > end:
                raise TimeoutError(f"{name} was not copied within {START_LIMIT} s")
            time.sleep(0.1)


def _parent(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("PPid:")))


@contextmanager
def run_service(workers: int) -> Iterator[Service]:
    """Run a local stack with a fixed number of workers for each function, and upload the original."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "lab.benchmarks.load.server", directory, str(workers)]
        with subprocess.Popen(command, cwd=ROOT) as process:
            try:
                service = Service(_await_description(process, Path(directory) / "stack.json"), process.pid)
                service.upload(ORIGINAL)
                yield service
            finally:
                process.send_signal(signal.SIGTERM)


def _await_description(process: subprocess.Popen[bytes], path: Path) -> dict[str, str]:
    end = time.monotonic() + START_LIMIT
    while not path.exists():
        if process.poll() is not None or time.monotonic() > end:
            raise TimeoutError("the local stack did not start")
        time.sleep(0.1)
    description: dict[str, str] = json.loads(path.read_text())
    return description
