"""Hostile originals through the whole chain: each becomes an image or a declared error, and the service goes on."""

from __future__ import annotations

import random
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO

import pytest
from PIL import Image
from pillow_avif import AvifImagePlugin  # noqa: F401 - registers itself with Pillow

from world import SAMPLES

from ..contract import find_deviation
from ..running import Running, wait_for

pytestmark = pytest.mark.sockets

KINDS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF")
CHANGES = 4
"""Copies of each kind with some bytes changed."""


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")
    )


def gif(side: int, frames: int) -> bytes:
    frame = b",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HHBBB", side, side, 0x80, 0, 0) + bytes(6) + frame * frames + b";"


def originals() -> dict[str, bytes]:
    """Return hostile bodies by key, the same in each run."""
    chance = random.Random(0)  # noqa: S311 - it guards nothing
    picture = Image.open(SAMPLES / "coffee.png").convert("RGB").resize((96, 64))
    bodies = {
        "bomb.png": png(60000, 60000),
        "vast.png": png(2**31 - 1, 2**31 - 1),
        "inflating.png": png(9, 9, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(30_000_000), 9))),
        "vast.gif": gif(65535, 1),
        "endless.gif": gif(9, 50_000),
        "svg.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "script.png": b"<script>alert(1)</script>",
        "nothing.png": b"",
        "polyglot.gif": b"GIF89a/*\0" + b"\0" * 8 + b"*/=1;alert(1);",
        "shell.mvg": b"push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1/x'\npop graphic-context",
    }
    for kind in KINDS:
        file = BytesIO()
        picture.save(file, kind)
        whole = file.getvalue()
        bodies |= {f"cut-{share}.{kind}": whole[: len(whole) * share // 100] for share in (5, 50, 99)}
        for number in range(CHANGES):
            changed = bytearray(whole)
            for _ in range(6):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            bodies[f"changed-{number}.{kind}"] = bytes(changed)
        bodies[f"tail.{kind}"] = whole[:12] + chance.randbytes(400)
    return bodies


def test_every_hostile_original_ends_in_a_picture_or_a_declared_error(stack: Running) -> None:
    bodies = originals()
    source = stack.names["source_bucket"]
    for key, body in bodies.items():
        stack.stack.s3.put_object(Bucket=source, Key=key, Body=body)
    for key in bodies:
        wait_for(partial(stack.etag, key))
    paths = [f"/resize/{transform}/{key}" for key in bodies for transform in ("40x30,fit=cover,f=webp", "30x,f=auto")]
    with ThreadPoolExecutor(4) as crowd:
        answers = list(crowd.map(stack.get, paths))
    for path, answer in zip(paths, answers, strict=True):
        expected = answer.status in {200, 413, 415, 422}
        assert expected, "\n".join(
            [f"{path}: {answer.status} {answer.headers} {answer.body[:200]!r}", *stack.log_of(answer)]
        )
        assert find_deviation("GET", path, answer) is None, (path, answer.headers)
        if path.endswith("f=auto/svg.svg"):  # passed through, and unable to run its script
            assert (answer.status, answer.body) == (200, bodies["svg.svg"])
            assert answer.headers["content-security-policy"].endswith("; sandbox")
        elif answer.status == 200:
            Image.open(BytesIO(answer.body)).load()
    assert {200, 413, 415, 422} <= {answer.status for answer in answers}
    stack.upload("after-hostile.png", (SAMPLES / "coffee.png").read_bytes())
    assert stack.follow("/30x20/after-hostile.png")[-1].status == 200
