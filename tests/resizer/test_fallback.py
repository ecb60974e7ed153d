"""A missing original is a 404 with the fallback's picture, and a plain error wherever that can't be."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from cloud import objects
from cloud.edge import cache_tag
from resizer import answer as answers
from resizer import app
from resizer.settings import Settings
from world import DESTINATION, SAMPLES, World, emitted

FALLBACK = "fallback/missing.png"
COFFEE = (SAMPLES / "coffee.png").read_bytes()


@pytest.fixture
def prepared(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world with a fallback image."""
    monkeypatch.setattr(app, "settings", replace(app.settings, fallback_key=FALLBACK))
    world.upload(FALLBACK, COFFEE)
    world.converge(FALLBACK)
    return world


def is_plain(answer: dict[str, Any]) -> bool:
    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["headers"]["Cache-Control"] == "no-store"
    return str(json.loads(answer["body"])["detail"]) == "no original has this key"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_missing_original_is_a_404_with_the_fallback_in_the_requested_transform(
    prepared: World, method: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        answer = prepared.get("/resize/90x60,f=webp,v=7,download=a.jpg/gone.jpg", method)
        assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (404, "image/webp")
        assert Image.open(BytesIO(base64.b64decode(answer["body"]))).size == (90, 60)
    assert answer["headers"]["Cache-Control"] == "public, max-age=10"
    assert answer["headers"]["x-amz-meta-cache-tag"] == f"{cache_tag(FALLBACK)},{cache_tag('gone.jpg')}"
    assert not {"ETag", "Content-Disposition"} & set(answer["headers"])
    assert prepared.listing() == [f"90x60,f=webp/{FALLBACK}", FALLBACK]
    assert sum(emitted(capsys.readouterr().out)["OriginalNotFound"]) == 2


def test_it_is_not_the_fallback_once_the_original_is_there(prepared: World) -> None:
    prepared.get("/resize/90x60/gone.png")
    prepared.upload("gone.png", (SAMPLES / "chelsea.png").read_bytes())
    prepared.converge("gone.png")
    assert prepared.get("/resize/90x60/gone.png")["statusCode"] == 200


def test_no_fallback_is_configured_by_default(world: World) -> None:
    assert is_plain(world.get("/resize/90x60/gone.jpg"))


@pytest.mark.parametrize("path", ["f=json/gone.jpg", f"90x60/{FALLBACK}"])
def test_a_description_and_a_missing_fallback_are_plain_errors(prepared: World, path: str) -> None:
    prepared.s3.delete_object(Bucket=DESTINATION, Key=FALLBACK)
    assert is_plain(prepared.get(f"/resize/{path}"))


@pytest.mark.parametrize(
    ("body", "headers"), [(b"no image", {}), (COFFEE[:2000], {}), (COFFEE, {"CacheControl": "private"})]
)
def test_a_fallback_that_can_not_be_used_is_a_plain_error(
    prepared: World, body: bytes, headers: dict[str, str]
) -> None:
    prepared.upload(FALLBACK, body, **headers)
    prepared.converge(FALLBACK)
    assert is_plain(prepared.get("/resize/90x60/gone.jpg"))


def test_a_fallback_too_large_for_lambda_is_a_plain_error(prepared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "LARGEST_BODY", 1000)
    assert is_plain(prepared.get("/resize/90x60/gone.jpg"))


def test_a_fallback_that_can_not_be_stored_is_a_plain_error(prepared: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ClientError({"Error": {"Code": "SlowDown", "Message": ""}}, "PutObject")

    monkeypatch.setattr(objects, "put", fail)
    assert is_plain(prepared.get("/resize/90x60/gone.jpg"))


def test_other_errors_are_as_they_were(prepared: World) -> None:
    assert prepared.get("/resize/90x60,q=0/gone.jpg")["statusCode"] == 400
    assert prepared.get("/resize/gone.jpg")["headers"]["Content-Type"] == "application/problem+json"


def test_a_fallback_that_no_original_can_be_stops_the_start(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    for name, value in {**world.environment, "FALLBACK_KEY": "300x200/a.png"}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match="no original can have the key"):
        Settings.from_environment()
