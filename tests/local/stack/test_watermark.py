"""Watermarks on the running stack: each image follows both of its originals."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from PIL import Image

from world import SAMPLES

from ..running import Running, wait_for

pytestmark = pytest.mark.sockets

COFFEE = (SAMPLES / "coffee.png").read_bytes()
RED, BLUE = (255, 0, 0), (0, 0, 255)
LOOK = "wm=logo.png,wm_scale=1,wm_margin=0"
PATH = f"/60x60,fit=cover,{LOOK}/photos/a.png"
MANY = 600


def logo(colour: tuple[int, int, int]) -> bytes:
    body = BytesIO()
    Image.new("RGB", (10, 10), colour).save(body, "PNG")
    return body.getvalue()


def shows(stack: Running, colour: tuple[int, int, int], path: str = PATH) -> bool:
    """Tell whether a viewer sees the watermark in this colour, from cache or not."""
    answer = stack.follow(path)[-1]
    return answer.status == 200 and Image.open(BytesIO(answer.body)).convert("RGB").getpixel((30, 30)) == colour


def test_an_image_follows_its_watermark_and_its_photograph(stack: Running) -> None:
    logo_key = "watermarks/logo.png"
    stack.upload("photos/a.png", COFFEE)
    answer = stack.follow(PATH)[-1]
    assert (answer.status, json.loads(answer.body)["title"]) == (404, "Watermark not found")

    stack.upload(logo_key, logo(RED))
    wait_for(lambda: shows(stack, RED))  # the edge keeps a 404 for ten seconds
    wait_for(lambda: stack.get(PATH).cache == "Hit")
    tags = stack.get(PATH).headers["x-amz-meta-cache-tag"].split(",")
    assert tags == [hashlib.sha256(key.encode()).hexdigest() for key in ("photos/a.png", logo_key)]
    assert stack.rows(logo_key) == {"#", f"~{PATH.removeprefix('/')}"}

    stack.upload(logo_key, logo(BLUE))
    wait_for(lambda: shows(stack, BLUE))
    wait_for(lambda: stack.get(PATH).cache == "Hit")
    assert shows(stack, BLUE)

    stack.remove(logo_key)
    wait_for(lambda: stack.follow(PATH)[-1].status == 404)
    wait_for(lambda: stack.rows(logo_key) == set())
    assert stack.etag(PATH.removeprefix("/")) is None

    stack.upload(logo_key, logo(RED))
    wait_for(lambda: shows(stack, RED))
    stack.remove("photos/a.png")
    wait_for(lambda: stack.follow(PATH)[-1].status == 404)
    wait_for(lambda: stack.rows("photos/a.png") == set())
    assert stack.rows(logo_key) == {"#"}


def test_everything_with_a_watermark_of_many_images_is_purged(stack: Running) -> None:
    """So many that each pass takes two messages; two images of them are made and cached, the others only stored."""
    key = "watermarks/many.png"
    stack.upload(key, logo(RED))
    stack.upload("photos/b.png", COFFEE)
    paths = [f"/60x60,fit=cover,{LOOK.replace('logo', 'many')},v={version}/photos/b.png" for version in "az"]
    for path in paths:
        assert shows(stack, RED, path)
        wait_for(lambda path=path: stack.get(path).cache == "Hit")  # type: ignore[misc]
    store_many(stack, key)
    stack.upload(key, logo(BLUE))
    for path in paths:
        wait_for(lambda path=path: shows(stack, BLUE, path))  # type: ignore[misc]
    wait_for(lambda: not any(stack.etag(f"9x,wm=many.png/{number:04}.png") for number in (0, MANY // 2, MANY - 1)))
    wait_for(lambda: stack.rows(key) == {"#", *(f"~{path.removeprefix('/')}" for path in paths)})


def store_many(stack: Running, key: str) -> None:
    """Index and store objects as renders do."""
    s3, dynamodb = stack.stack.s3, stack.client("dynamodb")
    tags = hashlib.sha256(key.encode()).hexdigest()
    metadata = {"original-etag": '"x"', "watermark-etag": str(stack.etag(key)), "cache-tag": tags}
    times = {"etag": {"S": "x"}, "written": {"N": "1"}, "expires": {"N": "9999999999"}}

    def store(number: int) -> None:
        derivative = f"9x,wm=many.png/{number:04}.png"
        row = {"original": {"S": f"original#{key}"}, "derivative": {"S": f"~{derivative}"}} | times
        dynamodb.put_item(TableName=stack.names["table"], Item=row)
        s3.put_object(Bucket=stack.names["destination_bucket"], Key=derivative, Body=b"x", Metadata=metadata)

    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(store, range(MANY)))
