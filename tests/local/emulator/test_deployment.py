"""The template deployed to the real emulator."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from local.cloudfront.distribution import read_behaviours
from local.emulator.deployment import Deployment, DeploymentError, assume_role, deploy
from local.emulator.process import ROOT, Emulator, run_emulator
from local.ports import claim_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.sockets

SECRET = "0123456789abcdef" * 2
OTHER = "fedcba9876543210" * 2


@pytest.fixture
async def emulator(tmp_path: Path) -> AsyncIterator[Emulator]:
    async with run_emulator(claim_port(0, "AWS_PORT"), tmp_path, "eu-central-1") as emulator:
        yield emulator


@pytest.fixture
async def deployment(emulator: Emulator) -> Deployment:
    parameters = {"OriginSecret": SECRET, "DerivativeLifetimeDays": "7", "DefaultQuality": "55"}
    parameters |= {"ApiRateLimit": "7", "ApiBurstLimit": "8", "OtherOriginSecret": OTHER, "ResizeConcurrency": "9"}
    return await asyncio.to_thread(deploy, emulator, ROOT / "template.yaml", "pictures", parameters)


async def test_the_deployed_stack_is_read_back_and_completed(emulator: Emulator, deployment: Deployment) -> None:
    outputs = deployment.outputs
    assert {function.tag for function in deployment.functions.values()} == {"copy", "resize"}
    resize = next(f for f in deployment.functions.values() if f.tag == "resize")
    assert resize.environment["DEFAULT_QUALITY"] == "55"
    assert resize.arn.endswith(":live")
    assert deployment.event_source.function_arn.endswith(":live")
    assert deployment.event_source.reports_failures
    assert deployment.api.resources[0].methods["GET"].function == resize.arn
    assert deployment.api.resources[0].methods["GET"].permitted
    assert deployment.api.responses["MISSING_AUTHENTICATION_TOKEN"].status == 404
    assert (deployment.api.throttle.rate, deployment.api.throttle.burst) == (7, 8)  # type: ignore[union-attr]
    assert all("function handler" in code for code in deployment.distribution.functions.values())

    table = emulator.client("dynamodb")
    ttl = table.describe_time_to_live(TableName=outputs["TableName"])["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    backups = table.describe_continuous_backups(TableName=outputs["TableName"])["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    s3 = emulator.client("s3")
    rules = s3.get_bucket_lifecycle_configuration(Bucket=outputs["DestinationBucketName"])["Rules"]
    assert [rule["Expiration"]["Days"] for rule in rules if "Expiration" in rule] == [7]
    (rule,) = [
        rule
        for rule in s3.get_bucket_lifecycle_configuration(Bucket=outputs["SourceBucketName"])["Rules"]
        if "NoncurrentVersionExpiration" in rule
    ]
    assert (rule["NoncurrentVersionExpiration"]["NoncurrentDays"], rule["Expiration"]) == (
        90,
        {"ExpiredObjectDeleteMarker": True},
    )
    mapping = emulator.client("lambda").list_event_source_mappings()["EventSourceMappings"][0]
    assert mapping["State"] in ("Disabled", "Disabling")


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"Transforms": "signed"}, "Transforms=signed requires a SigningKey"),
        ({"Transforms": "signed", "SigningKey": "short"}, "32 to 128 letters"),
        ({"Transforms": "presets-only"}, "Transforms"),
        ({"SizeLadder": "160,0"}, "whole numbers from 1 to 16383"),
        ({"SizeLadder": "16384"}, "whole numbers from 1 to 16383"),
    ],
)
async def test_invalid_parameters_are_not_deployed(emulator: Emulator, parameters: dict[str, str], reason: str) -> None:
    parameters = {"OriginSecret": SECRET} | parameters
    with pytest.raises(DeploymentError, match=reason):
        await asyncio.to_thread(deploy, emulator, ROOT / "template.yaml", "pictures", parameters)


async def test_role_and_bucket_policies_are_enforced(emulator: Emulator, deployment: Deployment) -> None:
    resize = next(f for f in deployment.functions.values() if f.tag == "resize")
    role = assume_role(emulator.client("sts"), resize.role)
    allowed, destination = emulator.client("s3", role), deployment.outputs["DestinationBucketName"]
    allowed.put_object(Bucket=destination, Key="x", Body=b"x", Tagging="kind=derivative")
    with pytest.raises(allowed.exceptions.ClientError, match="AccessDenied"):
        allowed.put_object(Bucket=destination, Key="x", Body=b"an original", Tagging="kind=original")
    with pytest.raises(allowed.exceptions.ClientError, match="AccessDenied"):
        allowed.list_objects_v2(Bucket=deployment.outputs["SourceBucketName"])
    assert await _get(f"{emulator.url}/{destination}/x", {}) == 403
    assert await _get(f"{emulator.url}/{destination}/x", {"Referer": SECRET}) == 200
    assert await _get(f"{emulator.url}/{destination}/x", {"Referer": OTHER}) == 200
    for wrong in (SECRET[1:], "", "https://example.com/"):
        assert await _get(f"{emulator.url}/{destination}/x", {"Referer": wrong}) == 403


async def test_the_api_s_policy_requires_the_secret_of_the_website(deployment: Deployment) -> None:
    for right in (SECRET, OTHER):
        assert deployment.api.allows("GET", "/resize/1x/a.jpg", {"referer": right})
    for wrong in ({}, {"referer": ""}, {"referer": SECRET[1:]}, {"referer": SECRET.upper()}):
        assert not deployment.api.allows("GET", "/resize/1x/a.jpg", wrong)


async def test_concurrency_is_reserved_only_with_its_parameter(deployment: Deployment) -> None:
    reserved = {function.tag: function.reserved for function in deployment.functions.values()}
    assert reserved == {"copy": None, "resize": 9}


async def test_no_fetch_of_the_edge_outlives_the_second_pass(deployment: Deployment) -> None:
    behaviours = read_behaviours(deployment.distribution)
    assert {behaviour.origin.completion_timeout for behaviour in behaviours} == {180}
    assert {behaviour.signers for behaviour in behaviours} == {None}


async def test_a_resource_that_fails_is_named_with_its_reason(emulator: Emulator, tmp_path: Path) -> None:
    queue = {"Event": "s3:ObjectCreated:*", "Queue": "arn:aws:sqs:eu-central-1:000000000000:nowhere"}
    notifications = {"NotificationConfiguration": {"QueueConfigurations": [queue]}}
    bucket: dict[str, Any] = {"Type": "AWS::S3::Bucket", "Properties": notifications}
    template = tmp_path / "template.yaml"
    template.write_text(json.dumps({"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"Photos": bucket}}))
    with pytest.raises(DeploymentError, match=r"Photos: .*nowhere"):
        await asyncio.to_thread(deploy, emulator, template, "broken", {})


async def test_a_parameter_that_is_not_allowed_is_reported(emulator: Emulator) -> None:
    with pytest.raises(DeploymentError, match="OriginSecret"):
        await asyncio.to_thread(deploy, emulator, ROOT / "template.yaml", "pictures", {"OriginSecret": "short"})


async def test_the_emulator_ends_with_its_stack(tmp_path: Path) -> None:
    async with run_emulator(claim_port(0, "AWS_PORT"), tmp_path, "us-east-1") as emulator:
        port = int(emulator.url.rpartition(":")[2])
    assert claim_port(port, "AWS_PORT") == port


def test_a_port_in_use_ends_the_program_with_one_line() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "-m", "local"],
            cwd=ROOT,
            env={**os.environ, "EDGE_PORT": str(port)},
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 1
    assert result.stderr.startswith(f"Port {port} is in use (")
    assert result.stderr.count("\n") == 1


async def _get(url: str, headers: dict[str, str]) -> int:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return response.status
