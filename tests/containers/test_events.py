"""Every file of events/ through the functions' images, on the emulated AWS; only the containers run the functions."""

from __future__ import annotations

import base64
import http.client
import io
import json
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pillow_avif  # noqa: F401 - Pillow learns AVIF by it
import pytest
from PIL import Image as Pillow

from local.emulator.deployment import deploy
from local.emulator.process import run_emulator
from local.ports import claim_port

from .conftest import ROOT, entered, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from local.emulator.deployment import Deployment
    from local.emulator.process import Emulator

pytestmark = [pytest.mark.container, pytest.mark.timeout(2400), pytest.mark.usefixtures("images")]

START_LIMIT = 120
"""Seconds until `sam local start-api` listens, and again until its first container has answered."""

AWKWARD = "été/a b+c 100%.jpg"

COPIES: dict[str, tuple[str, ...]] = {
    "copy-batch-one-bad": ("99999999-0000-4000-8000-000000000002",),
    "copy-delete-marker": (),
    "copy-multipart-awkward-key": (),
    "copy-next-page": (),
    "copy-object-created": (),
    "copy-object-removed": (),
    "copy-reconcile": (),
    "copy-second-pass": (),
    "copy-test-event": (),
    "copy-unservable-key": (),
}
"""The messages that fail, by the event's name."""

COPIED = {
    "copy-batch-one-bad": "coffee.png",
    "copy-multipart-awkward-key": AWKWARD,
    "copy-object-created": "seeding.jpg",
}
REMOVED = {"copy-delete-marker": "marked.jpg", "copy-object-removed": "removed.jpg"}

OPERATIONS = "300x200,fit=cover,g=auto,rotate=3.5,sharpen=0.5,radius=12,q=auto,f=webp"
IMAGES = {
    "resize-auto-resolved": ("image/avif", "AVIF", "300x200,f=avif/seeding.jpg"),
    "resize-awkward-key": ("image/jpeg", "JPEG", f"80x80,fit=cover/{AWKWARD}"),
    "resize-head": ("image/jpeg", "JPEG", "120x,q=60/seeding.jpg"),
    "resize-operations": ("image/webp", "WEBP", f"{OPERATIONS}/seeding.jpg"),
    "resize-jpeg-to-webp": ("image/webp", "WEBP", "300x200,f=webp/seeding.jpg"),
}
"""Content type, format of the body (API Gateway drops it from an answer to HEAD), and the stored derivative's key."""

PROBLEMS = {
    "resize-malformed-transform": 400,
    "resize-not-an-image": 415,
    "resize-too-large": 413,
    "resize-unknown-original": 404,
}


@dataclass(frozen=True, slots=True)
class Cloud:
    """The emulated AWS with the template deployed, and no function at work in it."""

    emulator: Emulator
    deployment: Deployment
    description: Path

    @property
    def source(self) -> str:
        return self.deployment.resources["SourceBucket"]

    @property
    def destination(self) -> str:
        return self.deployment.resources["DestinationBucket"]

    def put(self, bucket: str, key: str, sample: str) -> None:
        body = (ROOT / "samples" / sample).read_bytes()
        kind = "image/png" if sample.endswith("png") else "image/jpeg"
        self.emulator.client("s3").put_object(Bucket=bucket, Key=key, Body=body, ContentType=kind)

    def read(self, bucket: str, key: str) -> bytes | None:
        client = self.emulator.client("s3")
        try:
            body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except client.exceptions.NoSuchKey:
            return None
        return body

    def invoke(self, event: str) -> dict[str, Any]:
        """Invoke the function that an event's name stands for, in its container, and return its answer."""
        function = "CopyFunction" if event.startswith("copy-") else "ResizeFunction"
        done = run(*self.sam_local, "invoke", function, "--event", f"events/{event}.json")
        try:
            answer: dict[str, Any] = json.loads(done.stdout)
        except ValueError:
            pytest.fail(f"no JSON came back:\n{done.stdout}\n{done.stderr}")
        return answer

    @property
    def sam_local(self) -> tuple[str, ...]:
        return (sys.executable, "bin/sam_local.py", "--stack", str(self.description))


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    state = tmp_path_factory.mktemp("emulator")
    with entered(run_emulator(claim_port(0, "AWS_PORT"), state, "us-east-1")) as emulator:
        deployment = deploy(emulator, ROOT / "template.yaml", "image-transcoder", {"OriginSecret": "0123456789" * 4})
        description = state / "stack.json"
        bucket = deployment.resources["DestinationBucket"]
        description.write_text(json.dumps({"aws": emulator.url, "destination_bucket": bucket}))
        cloud = Cloud(emulator, deployment, description)
        for key, sample in (("seeding.jpg", "seeding.jpg"), (AWKWARD, "seeding.jpg"), ("notes.txt", "../LICENSE")):
            # In both buckets: the copy function removes a key that the source lacks.
            cloud.put(cloud.source, key, sample)
            cloud.put(cloud.destination, key, sample)
        yield cloud


def test_every_event_is_tried_here() -> None:
    assert {path.stem for path in (ROOT / "events").glob("*.json")} == {*COPIES, *IMAGES, *PROBLEMS}


@pytest.mark.parametrize("event", COPIES)
def test_the_copy_image_names_the_messages_that_have_to_come_again(cloud: Cloud, event: str) -> None:
    failures = [{"itemIdentifier": message} for message in COPIES[event]]
    assert cloud.invoke(event) == {"batchItemFailures": failures}


@pytest.mark.parametrize("event", COPIED)
def test_the_copy_image_copies_a_created_object(cloud: Cloud, event: str) -> None:
    sample = "coffee.png" if event == "copy-batch-one-bad" else "hubble.jpg"
    cloud.put(cloud.source, COPIED[event], sample)
    cloud.invoke(event)
    assert cloud.read(cloud.destination, COPIED[event]) == (ROOT / "samples" / sample).read_bytes()


@pytest.mark.parametrize("event", REMOVED)
def test_the_copy_image_removes_a_deleted_object(cloud: Cloud, event: str) -> None:
    s3 = cloud.emulator.client("s3")
    cloud.put(cloud.source, REMOVED[event], "chelsea.png")
    cloud.put(cloud.destination, REMOVED[event], "chelsea.png")
    version = s3.head_object(Bucket=cloud.source, Key=REMOVED[event])["VersionId"]
    for_good = {} if event == "copy-delete-marker" else {"VersionId": version}
    s3.delete_object(Bucket=cloud.source, Key=REMOVED[event], **for_good)
    cloud.invoke(event)
    assert cloud.read(cloud.destination, REMOVED[event]) is None


def test_the_copy_image_ignores_a_key_that_can_t_be_served(cloud: Cloud) -> None:
    cloud.put(cloud.source, "300x200/derivative.jpg", "seeding.jpg")
    cloud.invoke("copy-unservable-key")
    assert cloud.read(cloud.destination, "300x200/derivative.jpg") is None


@pytest.mark.parametrize("event", IMAGES)
def test_the_resize_image_answers_with_an_image_and_stores_it(cloud: Cloud, event: str) -> None:
    content_type, encoding, key = IMAGES[event]
    answer = cloud.invoke(event)
    assert answer["statusCode"] == 200, answer
    assert _header(answer, "content-type") == content_type
    body = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    stored = cloud.read(cloud.destination, key)
    assert stored is not None
    assert Pillow.open(io.BytesIO(body)).format == encoding
    assert body == stored


@pytest.mark.parametrize("event", PROBLEMS)
def test_the_resize_image_answers_with_problem_details(cloud: Cloud, event: str) -> None:
    answer = cloud.invoke(event)
    assert answer["statusCode"] == PROBLEMS[event], answer
    assert _header(answer, "content-type") == "application/problem+json"
    assert json.loads(answer["body"])["status"] == PROBLEMS[event]


def _header(answer: dict[str, Any], name: str) -> str | None:
    single = answer.get("headers") or {}
    several = {key: ", ".join(values) for key, values in (answer.get("multiValueHeaders") or {}).items()}
    return next((value for key, value in (single | several).items() if key.lower() == name), None)


def test_an_api_in_containers_answers_a_request_with_an_image(cloud: Cloud) -> None:
    port = claim_port(0, "API_PORT")
    command = (*cloud.sam_local, "start-api", "--port", str(port))
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as api:  # noqa: S603 - constant
        try:
            response, body = _get(api, port, "/resize/64x64,fit=cover,f=webp/seeding.jpg")
        finally:
            api.send_signal(signal.SIGTERM)
    assert (response.status, response.headers["Content-Type"]) == (200, "image/webp")
    assert Pillow.open(io.BytesIO(body)).size == (64, 64)


def _get(api: subprocess.Popen[bytes], port: int, path: str) -> tuple[http.client.HTTPResponse, bytes]:
    """Return the answer to a GET, as soon as the port accepts connections."""
    end = time.monotonic() + START_LIMIT
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=START_LIMIT)
        try:
            connection.request("GET", path, headers={"Accept": "image/webp"})
            response = connection.getresponse()
            return response, response.read()
        except ConnectionRefusedError:
            assert api.poll() is None, "the API ended"
            assert time.monotonic() < end, "the API did not start"
            time.sleep(0.2)
        finally:
            connection.close()
