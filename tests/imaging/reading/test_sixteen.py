"""Profiles are applied to all 16 bits of a sample."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from imaging.colours import cicp_profile, gamma_profile
from imaging.reading.png import SIGNATURE, write_chunk
from imaging.reading.sixteen import convert_sixteen

Render = Callable[[bytes, str], Image.Image]

SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}
"""PNG's colour types -> samples a pixel."""


def ramp(kind: int, *chunks: bytes, rows: int = 300) -> bytes:
    """Return a PNG of 16 bits whose columns go from 0 to 1023 of 65535 in each sample; alpha, if any, is opaque."""
    pixel = ">" + "H" * SAMPLES[kind]
    row = b""
    for column in range(64):
        level = round(column * 1023 / 63)
        values = [level] * SAMPLES[kind]
        if kind in (4, 6):
            values[-1] = 0xFFFF
        row += struct.pack(pixel, *values)
    header = write_chunk(b"IHDR", struct.pack(">IIBBBBB", 64, rows, 16, kind, 0, 0, 0))
    pixels = write_chunk(b"IDAT", zlib.compress((b"\0" + row) * rows))
    return b"".join((SIGNATURE, header, *chunks, pixels, write_chunk(b"IEND", b"")))


def linear(name: str, kind: int) -> bytes:
    """Return the chunk that calls the samples of that colour type linear."""
    profile = gamma_profile(1.0, None, gray=kind == 0) or b""
    return {
        "gAMA": write_chunk(b"gAMA", struct.pack(">I", 100_000)),
        "cICP": write_chunk(b"cICP", bytes((1, 8, 0, 1))),
        "iCCP": write_chunk(b"iCCP", b"linear\0\0" + zlib.compress(profile)),
    }[name]


@pytest.mark.parametrize("kind", [0, 2, 6])
@pytest.mark.parametrize("chunk", ["gAMA", "cICP", "iCCP"])
@pytest.mark.parametrize("segment", ["f=png", "flip=v,f=webp,lossless=true"])
def test_a_dark_linear_ramp_has_all_its_steps(render: Render, kind: int, chunk: str, segment: str) -> None:
    data = ramp(kind, linear(chunk, kind))
    light = np.round(np.arange(64) * 1023 / 63) / 65535
    right = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255

    for row in (0, 255, 256, 299):
        found = np.asarray(render(data, segment).convert("RGB"), float)[row]

        assert np.abs(found - right[:, None]).max() <= 1.2
        assert len({tuple(pixel) for pixel in found}) > 30


def test_the_profile_is_kept_on_request_instead(render: Render) -> None:
    found = render(ramp(2, linear("gAMA", 2)), "profile=keep,f=png")

    assert found.info["icc_profile"][16:20] == b"RGB "


def test_a_key_of_16_bits_and_a_profile_work_together(render: Render) -> None:
    key = write_chunk(b"tRNS", struct.pack(">3H", 16, 16, 16))

    found = render(ramp(2, linear("gAMA", 2), key), "f=png").convert("RGBA")

    assert list(found.getchannel("A").crop((0, 0, 4, 1)).tobytes()) == [255, 0, 255, 255]


@pytest.mark.parametrize("profile", [b"", bytes(200), b"x" * 5000, cicp_profile(12, 13, gray=True) or b""])
def test_an_unusable_profile_is_left_to_the_conversion_of_8_bits(profile: bytes) -> None:
    image = Image.new("RGB", (4, 4))
    image.info["low bytes"] = lambda: Image.new("RGB", (4, 4))

    assert convert_sixteen(image, profile) is None
