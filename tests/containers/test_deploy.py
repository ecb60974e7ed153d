"""A stack's life from `make deploy` to `make delete`, run once; each test checks a part of it."""

from __future__ import annotations

import io
import time
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image as Pillow

from .conftest import ROOT, entered
from .deployer import REGION, Deployer, run_deployer
from .inventory import take_inventory

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = [pytest.mark.container, pytest.mark.timeout(2400)]

STACK = "images-dev"
SOURCE = f"{STACK}-source-000000000000-{REGION}"
DESTINATION = f"{STACK}-destination-000000000000-{REGION}"
KEY = "photos/seeding.jpg"
ORIGINAL = (ROOT / "samples" / "seeding.jpg").read_bytes()
COPY_LIMIT = 60
"""Seconds until an upload must be in the destination bucket."""
ANSWER_LIMIT = 60
"""Seconds for an answer of the API; the first one waits for a container."""
CHANGED_CODE = """

_handler = handler


def handler(event, context):
    answer = _handler(event, context)
    return {**answer, "headers": {**(answer.get("headers") or {}), "X-Code": "changed"}}
"""


@dataclass(frozen=True, slots=True)
class State:
    """A deployed stack at work: the versions its aliases name, its secret, and an image that was asked for.

    `headers` are those of the answer, by names in lower case; `stored` is S3's description of the stored derivative.
    """

    versions: Mapping[str, str]
    secret: str
    headers: Mapping[str, str]
    body: bytes
    stored: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Life:
    """All observations, in the order of the fields. Keys are those of buckets, inventories are names by kind."""

    copied: bytes
    created: State
    unchanged_output: str
    unchanged: State
    reconfigured: State
    recoded: State
    alive: Mapping[str, set[str]]
    keys_when_emptied: set[str]
    originals: set[str]
    left: Mapping[str, set[str]]


@pytest.fixture(scope="module")
def life(images: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:  # noqa: ARG001 - they are deployed
    with entered(run_deployer(tmp_path_factory.mktemp("deployment"))) as deployer:
        yield live(deployer)


def live(deployer: Deployer) -> Life:
    deployer.deploy()
    mend_event_source(deployer)
    copied = upload(deployer)
    created = look(deployer, "300x200,f=webp")
    unchanged_output = deployer.deploy()
    unchanged = look(deployer, "301x200,f=webp")
    deployer.edit("samconfig.toml", '"LogLevel=DEBUG"', '"LogLevel=DEBUG", "BrowserTtlSeconds=77"')
    deployer.deploy()
    reconfigured = look(deployer, "302x200,f=webp")
    with (deployer.project / "functions" / "resizer" / "app.py").open("a") as app:
        app.write(CHANGED_CODE)
    deployer.build()
    deployer.deploy()
    recoded = look(deployer, "303x200,f=webp")
    alive = take_inventory(deployer)
    deployer.empty()
    emptied, originals = list_keys(deployer, DESTINATION), list_keys(deployer, SOURCE)
    deployer.delete()
    left = take_inventory(deployer)
    return Life(copied, created, unchanged_output, unchanged, reconfigured, recoded, alive, emptied, originals, left)


def mend_event_source(deployer: Deployer) -> None:
    """Set the poller's concurrency to a number: the emulator's CloudFormation leaves a parameter's text there."""
    client = deployer.client("lambda")
    (mapping,) = client.list_event_source_mappings()["EventSourceMappings"]
    client.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": 5})


def upload(deployer: Deployer) -> bytes:
    """Upload an original, and return its copy as soon as it is there."""
    s3 = deployer.client("s3")
    s3.put_object(Bucket=SOURCE, Key=KEY, Body=ORIGINAL, ContentType="image/jpeg")
    end = time.monotonic() + COPY_LIMIT
    while KEY not in list_keys(deployer, DESTINATION):
        assert time.monotonic() < end, f"{KEY} was not copied within {COPY_LIMIT} s"
        time.sleep(0.2)
    copied: bytes = s3.get_object(Bucket=DESTINATION, Key=KEY)["Body"].read()
    return copied


def list_keys(deployer: Deployer, bucket: str) -> set[str]:
    return {item["Key"] for item in deployer.client("s3").list_objects_v2(Bucket=bucket).get("Contents", ())}


def look(deployer: Deployer, transform: str) -> State:
    """Ask the deployed API for a derivative that there is none of yet, and look at what is deployed."""
    api = deployer.client("apigateway").get_rest_apis()["items"][0]["id"]
    url = f"{deployer.emulator.url}/_aws/execute-api/{api}/live/resize/{transform}/{KEY}"
    request = urllib.request.Request(url, headers={"Accept": "*/*"})  # noqa: S310 - the emulator's
    with urllib.request.urlopen(request, timeout=ANSWER_LIMIT) as response:  # noqa: S310 - as above
        headers, body = {name.lower(): value for name, value in response.headers.items()}, response.read()
    client = deployer.client("lambda")
    versions = {
        name: client.get_alias(FunctionName=f"{STACK}-{name}", Name="live")["FunctionVersion"]
        for name in ("copy", "resize")
    }
    stored = deployer.client("s3").head_object(Bucket=DESTINATION, Key=f"{transform}/{KEY}")
    return State(versions, read_secret(deployer), headers, body, stored)


def read_secret(deployer: Deployer) -> str:
    client = deployer.client("cloudfront")
    (distribution,) = client.list_distributions()["DistributionList"]["Items"]
    config = client.get_distribution_config(Id=distribution["Id"])["DistributionConfig"]
    (secret,) = {
        header["HeaderValue"]
        for origin in config["Origins"]["Items"]
        for header in origin.get("CustomHeaders", {}).get("Items", ())
        if header["HeaderName"].lower() == "referer"
    }
    return str(secret)


def test_an_upload_is_copied_by_the_deployed_container(life: Life) -> None:
    assert life.copied == ORIGINAL


def test_the_deployed_container_makes_an_image_and_stores_it(life: Life) -> None:
    assert life.created.headers["content-type"] == "image/webp"
    image = Pillow.open(io.BytesIO(life.created.body))
    assert (image.format, image.width <= 300, image.height <= 200) == ("WEBP", True, True)
    assert life.created.stored["ContentLength"] == len(life.created.body)
    assert "max-age=3600" in life.created.stored["CacheControl"]


def test_a_deployment_without_changes_changes_nothing(life: Life) -> None:
    assert "No changes to deploy" in life.unchanged_output
    assert life.unchanged.versions == life.created.versions


def test_a_changed_parameter_reaches_the_running_functions(life: Life) -> None:
    assert "max-age=77" in life.reconfigured.stored["CacheControl"]
    assert all(life.reconfigured.versions[name] != life.created.versions[name] for name in ("copy", "resize"))


def test_changed_code_reaches_the_running_functions(life: Life) -> None:
    assert "x-code" not in life.reconfigured.headers
    assert life.recoded.headers["x-code"] == "changed"
    assert "max-age=77" in life.recoded.stored["CacheControl"]


def test_the_secret_of_the_first_deployment_stays(life: Life) -> None:
    assert len(life.created.secret) == 64
    assert {life.unchanged.secret, life.reconfigured.secret, life.recoded.secret} == {life.created.secret}


def test_emptying_takes_copies_and_derivatives_and_leaves_the_originals(life: Life) -> None:
    assert life.keys_when_emptied == set()
    assert life.originals == {KEY}


def test_deletion_leaves_the_source_bucket_and_what_sam_keeps_for_all_stacks(life: Life) -> None:
    left = {kind: names for kind, names in life.left.items() if names}
    sam = {name for name in left["bucket"] if name.startswith("aws-sam-cli-managed-default-")}
    assert left == {"bucket": {SOURCE, *sam}, "stack": {"aws-sam-cli-managed-default"}}
    assert len(sam) == 1


def test_the_inventory_knows_each_kind_of_thing_that_a_stack_has(life: Life) -> None:
    assert [kind for kind, names in life.alive.items() if not names] == []
