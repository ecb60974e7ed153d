"""The second delivery: a private bucket, signed requests, and an origin group in place of the redirect."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.stack import StackOptions
from ops.__main__ import main
from world import SAMPLES

from .running import Running, ask, start, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.sockets

KEY = rsa.generate_private_key(65537, 2048)
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
HUBBLE = (SAMPLES / "hubble.jpg").read_bytes()


@pytest.fixture(scope="module")
def stack() -> Iterator[Running]:
    options = StackOptions(parameters={"Delivery": "private"}, environment={"copy": {"SETTLE_SECONDS": "2"}})
    running, stop = start(options)
    try:
        yield running
    finally:
        stop()


def test_a_new_image_is_one_request_and_then_a_hit(stack: Running) -> None:
    stack.upload("first.jpg", HUBBLE)
    made = stack.get("/60x/first.jpg")
    assert (made.status, made.cache, made.headers["content-type"]) == (200, "Miss", "image/jpeg")
    assert "encode;dur=" in made.headers["server-timing"]
    hit = stack.get("/60x/first.jpg")
    assert (hit.status, hit.cache, hit.body) == (200, "Hit", made.body)


def requests_to_origins(stack: Running, path: str) -> list[str]:
    """Return the requests that the edge sent to its origins for a path: 3 to the bucket, 7 to API Gateway."""
    return [step.number for step in list(stack.steps) if step.number in ("3", "7") and step.details["path"] == path]


def test_a_new_image_costs_one_request_to_each_origin(stack: Running) -> None:
    stack.upload("counted.jpg", HUBBLE)
    for _ in range(4):
        assert stack.get("/61x/counted.jpg").status == 200
    asked = requests_to_origins(stack, "/61x/counted.jpg")
    assert asked[:2] == ["3", "7"]
    assert asked.count("7") == 1, "a later pass over the new original may drop the answer; then the bucket has it"
    own = [step for step in list(stack.steps) if "counted.jpg" in f"{step.what} {step.details}"]
    assert not [step for step in own if step.number in ("6", "11")]


def test_a_herd_costs_one_render(stack: Running) -> None:
    stack.upload("herd.jpg", HUBBLE)
    with ThreadPoolExecutor(16) as crowd:
        answers = list(crowd.map(lambda _: stack.get("/500x,f=avif/herd.jpg"), range(16)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.headers["etag"] for answer in answers}) == 1
    assert requests_to_origins(stack, "/500x,f=avif/herd.jpg") == ["3", "7"]


def test_an_error_of_the_bucket_is_returned_and_not_cached(stack: Running) -> None:
    stack.upload("broken.jpg", HUBBLE)
    assert stack.get("/62x/broken.jpg").status == 200
    stack.stack.edge.invalidate(["/62x/broken.jpg"])
    endpoint_of = stack.stack.edge._lookup._rules.resolve_origin
    assert endpoint_of("x.s3.us-east-1.amazonaws.com") != endpoint_of("x.execute-api.us-east-1.amazonaws.com")
    name, s3 = stack.names["destination_bucket"], stack.stack.s3
    policy = s3.get_bucket_policy(Bucket=name)["Policy"]
    s3.delete_bucket_policy(Bucket=name)
    time.sleep(3.1)  # the endpoint caches a policy as long
    try:
        served = stack.get("/62x/broken.jpg")
        assert (served.status, "encode;" in served.headers["server-timing"]) == (200, False), "what is stored is served"
        assert stack.get("/broken.jpg").status == 404, "an original has no other origin"
    finally:
        s3.put_bucket_policy(Bucket=name, Policy=policy)
        time.sleep(3.1)


def test_the_bucket_is_closed_to_everybody_else(stack: Running) -> None:
    stack.upload("closed.jpg", HUBBLE)
    name = stack.names["destination_bucket"]
    assert ask(stack.names["aws"], f"/{name}/closed.jpg").status == 403
    resolve = stack.stack.edge._lookup._rules.resolve_origin
    endpoint = str(resolve(f"{name}.s3.us-east-1.amazonaws.com")).rstrip("/")
    host = f"{name}.s3.us-east-1.amazonaws.com"
    secret = stack.stack.deployment.api.id
    forged = "AWS4-HMAC-SHA256 Credential=cloudfront/20260101/us-east-1/s3/aws4_request, Signature=" + "0" * 64
    for headers in ({}, {"Referer": secret}, {"Authorization": forged, "X-Amz-Date": "20260101T000000Z"}):
        assert ask(endpoint, "/closed.jpg", Host=host, **headers).status == 403
    assert stack.get("/closed.jpg").status == 200


def test_the_smoke_test_walks_it(
    stack: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    assert main(["smoke", "--local", stack.names["aws"], "--edge", stack.names["edge"]]) == 0
    told = capsys.readouterr().out
    assert "the edge asks the API itself" in told
    assert "FAILED" not in told


def test_an_ordinary_signed_url_is_enough_for_a_new_image() -> None:
    """CloudFront's own signers know no parameter `follow`: without a redirect none is needed."""
    parameters = {"Delivery": "private", "ServeOriginals": "false"}
    running, stop = start(StackOptions(public_key=PUBLIC, parameters=parameters))
    try:
        running.upload("link.jpg", HUBBLE)
        edge = running.names["edge"]
        signer = CloudFrontSigner(
            running.names["key_id"],
            lambda message: KEY.sign(message, padding.PKCS1v15(), hashes.SHA1()),  # noqa: S303 - CloudFront's default
        )
        end = time.time() + 60

        def signed(path: str) -> str:
            policy = signer.build_policy(edge + path, datetime.fromtimestamp(int(end), UTC))
            url: str = signer.generate_presigned_url(edge + path, policy=policy)
            return url.removeprefix(edge)

        answers = [running.get(signed("/60x/link.jpg")) for _ in range(2)]
        assert [(answer.status, answer.cache) for answer in answers] == [(200, "Miss"), (200, "Hit")]
        assert answers[0].headers["cache-control"].startswith("private, ")
        assert running.get("/60x/link.jpg").status == 403
        withheld = running.get(signed("/link.jpg"))
        assert (withheld.status, withheld.headers["content-type"]) == (404, "application/problem+json")
        running.remove("link.jpg")
        wait_for(lambda: running.get(signed("/60x/link.jpg")).status == 404)
    finally:
        stop()


def deliver(stack: Running, delivery: str) -> None:
    """Update the stack with another value of Delivery."""
    formation, name = stack.client("cloudformation"), stack.names["stack"]
    kept = [{"ParameterKey": each, "UsePreviousValue": True} for each in ("OriginSecret", "SigningKey")]
    changed = {"ParameterKey": "Delivery", "ParameterValue": delivery}
    capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    formation.update_stack(
        StackName=name, UsePreviousTemplate=True, Parameters=[changed, *kept], Capabilities=capabilities
    )
    formation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def settings_of(stack: Running) -> dict[str, object]:
    """Return what depends on Delivery in the deployed stack."""
    cloudfront, bucket = stack.client("cloudfront"), stack.names["destination_bucket"]
    config = cloudfront.get_distribution_config(Id=stack.names["distribution_id"])["DistributionConfig"]
    policy = json.loads(stack.stack.s3.get_bucket_policy(Bucket=bucket)["Policy"])
    block = stack.stack.s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    function = stack.client("lambda").get_function_configuration(
        FunctionName=f"{stack.names['stack']}-resize", Qualifier="live"
    )
    return {
        "origins": sorted(origin["Id"] for origin in config["Origins"]["Items"]),
        "target": config["DefaultCacheBehavior"]["TargetOriginId"],
        "groups": len((config.get("OriginGroups") or {}).get("Items") or []),
        "principals": [str(statement["Principal"]) for statement in policy["Statement"]],
        "blocked": block["BlockPublicPolicy"],
        "delivery": function["Environment"]["Variables"]["DELIVERY"],
    }


def test_a_stack_with_images_is_updated_to_the_other_delivery_and_back() -> None:
    running, stop = start(StackOptions())
    try:
        running.upload("kept.jpg", HUBBLE)
        assert running.follow("/60x/kept.jpg")[-1].status == 200
        images = [running.etag("kept.jpg"), running.etag("60x/kept.jpg")]
        before = settings_of(running)
        assert before["target"] == "website"
        deliver(running, "private")
        assert settings_of(running) == {
            "origins": ["api", "bucket", "render"],
            "target": "bucket-or-render",
            "groups": 1,
            "principals": ["{'Service': 'cloudfront.amazonaws.com'}", "*"],
            "blocked": True,
            "delivery": "private",
        }
        deliver(running, "redirect")
        assert settings_of(running) == before
        assert [running.etag("kept.jpg"), running.etag("60x/kept.jpg")] == images
    finally:
        stop()
