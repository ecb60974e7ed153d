"""Derivatives with a watermark: two originals, two rows, two tags."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cloud.edge import cache_tag
from resizer import app
from resizer.settings import Settings
from world import DESTINATION, SAMPLES, SOURCE, World, emitted, while_transcoding

PHOTOGRAPH = (SAMPLES / "hubble.jpg").read_bytes()
PATH = "/resize/60x60,fit=cover,wm=logo.png,wm_scale=1,wm_margin=0,f=png/a.jpg"
STORED = PATH.removeprefix("/resize/")
TRANSFORM = STORED.removesuffix("/a.jpg")
LOGO = "watermarks/logo.png"
RED, BLUE = (255, 0, 0), (0, 0, 255)


def logo(colour: tuple[int, int, int], size: tuple[int, int] = (10, 10)) -> bytes:
    body = BytesIO()
    Image.new("RGB", size, colour).save(body, "PNG")
    return body.getvalue()


@pytest.fixture
def marked(world: World) -> World:
    """A world with a photograph and a red watermark."""
    for key, body in {"a.jpg": PHOTOGRAPH, LOGO: logo(RED)}.items():
        world.upload(key, body)
        world.converge(key)
    return world


def colour(answer: dict[str, Any]) -> tuple[int, ...]:
    """Return the colour of the image's middle, which the watermark covers."""
    assert answer["statusCode"] == 200, answer
    image = Image.open(BytesIO(base64.b64decode(answer["body"]))).convert("RGB")
    return tuple(int(level) for level in np.asarray(image)[30, 30])


def title(answer: dict[str, Any]) -> tuple[int, str]:
    details = json.loads(answer["body"])
    assert answer["headers"]["Cache-Control"] == "no-store"
    return answer["statusCode"], details["type"].removeprefix("urn:problem-type:")


def test_an_image_has_its_watermark_and_says_what_it_is_made_of(marked: World) -> None:
    answer = marked.get(PATH)
    assert colour(answer) == RED
    stored = marked.s3.head_object(Bucket=DESTINATION, Key=STORED)["Metadata"]
    etags = [marked.s3.head_object(Bucket=DESTINATION, Key=key)["ETag"] for key in ("a.jpg", LOGO)]
    tags = f"{cache_tag('a.jpg')},{cache_tag(LOGO)}"
    expected = {"original-etag": etags[0], "watermark-etag": etags[1], "cache-tag": tags}
    assert expected.items() <= stored.items()
    assert answer["headers"]["x-amz-meta-cache-tag"] == tags


def test_it_has_a_row_under_each_of_its_originals(marked: World) -> None:
    marked.get(PATH)
    rows = marked.rows()
    assert rows["original#a.jpg", TRANSFORM]["watermark"] == {"S": LOGO}
    twin = rows[f"original#{LOGO}", f"~{STORED}"]
    assert int(twin["expires"]["N"]) >= int(twin["written"]["N"]) // 1000 + 3_680 * 86_400


def test_a_watermark_may_be_put_on_itself(marked: World) -> None:
    path = "/resize/20x,wm=logo.png/watermarks/logo.png"
    assert marked.get(path)["headers"]["x-amz-meta-cache-tag"] == cache_tag(LOGO)
    assert {name for key, name in marked.rows() if key == f"original#{LOGO}"} == {
        "#",
        "20x,wm=logo.png",
        "~20x,wm=logo.png/watermarks/logo.png",
    }


def test_a_stored_one_is_served_only_while_it_has_the_watermark_as_it_is_now(
    marked: World, capsys: pytest.CaptureFixture[str]
) -> None:
    marked.get(PATH)
    assert colour(marked.get(PATH)) == RED
    assert emitted(capsys.readouterr().out)["StoredButRedirected"] == [0, 1]
    marked.s3.put_object(Bucket=DESTINATION, Key=LOGO, Body=logo(BLUE))
    assert colour(marked.get(PATH)) == BLUE


def test_a_watermark_that_changes_while_it_is_laid_on_is_laid_on_again(
    marked: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = iter([logo(BLUE)])

    def change() -> None:
        if content := next(changes, None):
            marked.s3.put_object(Bucket=DESTINATION, Key=LOGO, Body=content)

    while_transcoding(monkeypatch, change)
    assert colour(marked.get(PATH)) == BLUE
    assert emitted(capsys.readouterr().out)["OutrunByChange"] == [1]


def test_a_missing_watermark_is_a_404_that_names_it_and_leaves_no_row(marked: World) -> None:
    path = PATH.replace("logo.png", "other.png")
    answer = marked.get(path)
    assert title(answer) == (404, "watermark-not-found")
    assert json.loads(answer["body"])["detail"] == "the watermark 'other.png' does not exist"
    assert not [name for _, name in marked.rows() if "other.png" in name]
    marked.upload("watermarks/other.png", logo(BLUE))
    marked.converge("watermarks/other.png")
    assert colour(marked.get(path)) == BLUE


def test_a_missing_photograph_is_said_first(marked: World) -> None:
    assert title(marked.get("/resize/60x,wm=other.png/b.jpg")) == (404, "original-not-found")


@pytest.mark.parametrize("body", [b"no image", logo(RED)[:45], logo(RED, (2001, 2000)), b"\x89PNG" + bytes(5_000_001)])
def test_a_watermark_that_can_not_be_used_is_a_422_that_names_it_and_leaves_no_row(marked: World, body: bytes) -> None:
    marked.s3.put_object(Bucket=DESTINATION, Key=LOGO, Body=body)
    answer = marked.get(PATH)
    assert title(answer) == (422, "unusable-watermark")
    assert "'logo.png'" in json.loads(answer["body"])["detail"]
    assert not [name for _, name in marked.rows() if "wm=" in name]


def test_nothing_outside_of_the_prefix_is_a_watermark(marked: World) -> None:
    marked.upload("secret.png", logo(RED))
    marked.converge("secret.png")
    for name in ("..%2Fsecret.png", ".", "..", "a%2Fb", "secret.png", "%00", "logo.png%2F.."):
        assert marked.get(f"/resize/60x,wm={name}/a.jpg")["statusCode"] in (400, 404), name


def test_without_a_prefix_a_watermark_is_refused_with_the_reason(
    marked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "settings", replace(app.settings, watermark_prefix=""))
    assert title(marked.get(PATH)) == (403, "not-allowed")


def test_a_preset_may_have_a_watermark_where_only_presets_are_made(
    marked: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(app.settings, presets={"marked": TRANSFORM}, transforms="presets")
    monkeypatch.setattr(app, "settings", settings)
    assert colour(marked.get("/resize/preset=marked/a.jpg")) == RED
    assert title(marked.get("/resize/60x,wm=logo.png/a.jpg")) == (403, "not-allowed")


@pytest.mark.parametrize("prefix", ["watermarks", "300x200/", "resize/", "x200/", "a/../", "a//../"])
def test_a_prefix_under_which_no_original_can_be_stops_the_function(
    world: World, monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    del world  # whose environment it is
    monkeypatch.setenv("WATERMARK_PREFIX", prefix)
    with pytest.raises(ValueError, match="no original can have the prefix"):
        Settings.from_environment()


def test_a_description_has_no_watermark(marked: World) -> None:
    marked.s3.delete_object(Bucket=SOURCE, Key=LOGO)
    marked.converge(LOGO)
    assert marked.get("/resize/f=json,wm=logo.png/a.jpg")["statusCode"] == 200
