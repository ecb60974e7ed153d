"""Work after the answer, under Lambda's own emulator: its log tells when the answer was posted.

The emulator's HTTP front end holds the answer back until the extension has finished; Lambda doesn't.
"""

from __future__ import annotations

import json
import re
import shutil
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from lab.benchmarks.first_hit.aws import LATENCIES, Aws
from lab.benchmarks.first_hit.functions import make_event
from local.ports import claim_port

from .conftest import EMULATOR, ROOT, entered, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Image

pytestmark = [pytest.mark.container, pytest.mark.timeout(2400)]

ANSWERED = re.compile(r"^(\d\d \w+ \d{4} [\d:]+,\d+) .*INVOKE RTDONE\(status: success", re.MULTILINE)
"""A line of the emulator, with its time (UTC): the runtime has posted its answer."""
PUT_SECONDS = 2.0
PATIENCE = 60


def invoke(front: str, event: bytes) -> dict[str, object]:
    """Return the function's answer, once the emulator listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            url = f"http://{front}/2015-03-31/functions/function/invocations"
            with urllib.request.urlopen(url, event, timeout=PATIENCE) as response:
                return dict(json.load(response))
        except urllib.error.URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextmanager
def started(image: Image, work: Path, aws: Aws) -> Iterator[tuple[str, str]]:
    """Run the image under the emulator, on the host's loopback with the stand-in of AWS.

    Yields the container's id, and the emulator's address.
    """
    emulator = next((ROOT / ".venv" / "tools" / "sam").glob(EMULATOR))
    settings = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_CA_BUNDLE": "/work/authorities.pem",
        "AWS_ENDPOINT_URL": f"https://127.0.0.1:{aws.port}",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }
    entry = [
        word for part in ("Entrypoint", "Cmd") for word in json.loads(image.inspect(f"{{{{json .Config.{part}}}}}"))
    ]
    options = (
        *("--detach", "--network=host", f"--volume={emulator}:/emulator:ro", f"--volume={work}:/work:ro"),
        *image.confined,
        *(f"--env={name}={value}" for name, value in settings.items()),
        "--entrypoint=/emulator",
    )
    front, api = (f"127.0.0.1:{claim_port(0, '')}" for _ in range(2))
    addresses = ("--runtime-interface-emulator-address", front, "--runtime-api-address", api)
    container = run("docker", "run", *options, image.tag, *addresses, *entry).stdout.strip()
    try:
        yield container, front
    finally:
        run("docker", "rm", "--force", container)


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl for a certificate")
def test_the_answer_is_out_before_the_derivative_is_stored(images: dict[str, Image], tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)  # the container's user reads the certificate
    aws = Aws({"small": (ROOT / "samples" / "hubble.jpg").read_bytes()}, {**LATENCIES, "PUT": PUT_SECONDS})
    template = json.loads((ROOT / "events" / "resize-jpeg-to-webp.json").read_text())
    with (
        entered(aws.serve(tmp_path / "certificate.pem")),
        started(images["ResizeFunction"], tmp_path, aws) as (container, front),
    ):
        clock = time.time() - time.perf_counter()
        for number in range(2):
            answer = invoke(front, make_event(template, "60x,f=webp", "small", number))
            assert answer["statusCode"] == 200
        logs = run("docker", "logs", container)
    answered = [
        datetime.strptime(match[1], "%d %b %Y %H:%M:%S,%f").replace(tzinfo=UTC).timestamp()
        for match in ANSWERED.finditer(logs.stdout + logs.stderr)
    ]
    stored = [call for call in aws.calls if call.name == "PUT derivative"]
    read = [call for call in aws.calls if call.name == "GET original"]
    assert len(answered) == len(stored) == len(read) == 2, logs.stderr
    for answer_time, put in zip(answered, stored, strict=True):
        assert answer_time < clock + put.start, "the answer waited for the PUT"
    assert read[1].start > stored[0].end, "the next event came before the derivative was stored"
