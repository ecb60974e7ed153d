"""Whatever bytes an original has, it is rendered or ends in a declared error."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from grammar.errors import TranscodingError
from grammar.transform import Transform
from imaging.errors import DamagedImage, NotAnImage, TooLarge
from imaging.reading.decoder import decode
from imaging.writing.encoder import Encoded

if TYPE_CHECKING:
    from imaging.limits import Limits
    from imaging.picture import Picture

Transcode = Callable[[bytes, str], Encoded]
Save = Callable[..., bytes]

KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "jpeg": ("JPEG", {}),
    "progressive jpeg": ("JPEG", {"progressive": True}),
    "png": ("PNG", {}),
    "lossy webp": ("WEBP", {}),
    "lossless webp": ("WEBP", {"lossless": True}),
    "gif": ("GIF", {}),
    "avif": ("AVIF", {"speed": 9}),
    "moving png": ("PNG", {"duration": 50}),
    "moving webp": ("WEBP", {"duration": 50}),
    "moving gif": ("GIF", {"duration": 50, "comment": b"made by hand"}),
    "moving avif": ("AVIF", {"duration": 50, "speed": 9}),
}


@pytest.fixture(scope="session")
def originals(save: Save) -> dict[str, bytes]:
    frames = []
    for shift in range(3):
        frame = Image.radial_gradient("L").resize((64, 48)).convert("RGB")
        ImageDraw.Draw(frame).rectangle((shift * 9, 9, shift * 9 + 20, 30), fill="teal")
        frames.append(frame)
    return {
        kind: save(frames if kind.startswith("moving") else frames[0], fmt, **options)
        for kind, (fmt, options) in KINDS.items()
    }


def pixels(picture: Picture) -> list[bytes]:
    return [frame.image.tobytes() for frame in picture.frames]


@pytest.mark.parametrize("kind", KINDS)
def test_a_truncated_file_is_damaged_unless_nothing_is_lost(
    originals: dict[str, bytes], limits: Limits, kind: str
) -> None:
    data = originals[kind]
    whole = pixels(decode(data, Transform(format="webp"), limits))
    refused = 0

    for end in sorted({*range(0, len(data), max(1, len(data) // 150)), *range(len(data) - 20, len(data))}):
        try:
            found = pixels(decode(data[:end], Transform(format="webp"), limits))
        except (DamagedImage, NotAnImage):
            refused += 1
        else:
            # browsers show a GIF as far as it goes: the last picture may be cut
            shown = found[:-1] if kind.endswith("gif") and found != whole else found
            assert shown == whole[: len(shown)], f"{end} of {len(data)} bytes"
            assert kind.endswith("gif") or len(shown) == len(whole), f"{end} of {len(data)} bytes"
    assert refused > (10 if kind.endswith("gif") else 100)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(data=st.data())
def test_changed_bytes_are_transcoded_or_end_in_a_declared_error(
    originals: dict[str, bytes], transcode: Transcode, kind: str, data: st.DataObject
) -> None:
    changed = bytearray(originals[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))

    try:
        transcode(bytes(changed), "40x30,fit=cover,f=webp")
    except TranscodingError as error:
        assert error.status in (413, 415, 422)  # noqa: PT017 - either outcome is right


@settings(max_examples=200)
@given(
    st.sampled_from(
        [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\0\0\0WEBPVP8X", b"GIF89a", b"\0\0\0\x20ftypavif"]
    ),
    st.binary(max_size=300),
)
def test_random_bytes_after_a_signature_are_refused(transcode: Transcode, magic: bytes, tail: bytes) -> None:
    with pytest.raises((DamagedImage, NotAnImage, TooLarge)):
        transcode(magic + tail, "40x30")


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *others: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n" + header + b"".join(others) + chunk(b"IDAT", zlib.compress(bytes(9))) + chunk(b"IEND", b"")
    )


def webp(width: int, height: int) -> bytes:
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body = b"WEBPVP8X" + struct.pack("<II", 10, 0) + size + b"VP8L" + bytes(20)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def gif(width: int, height: int, frames: int, frame_size: tuple[int, int] = (1, 1)) -> bytes:
    frame = b"!\xf9\x04\x08\0\0\0\0" + b"," + struct.pack("<4HB", 0, 0, *frame_size, 0) + b"\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6) + frame * frames + b";"


def patched(data: bytes, box: bytes, fields: bytes) -> bytes:
    at = data.index(box) + len(box)
    return data[:at] + fields + data[at + len(fields) :]


def test_a_header_of_too_many_pixels_is_refused_before_anything_is_allocated(limits: Limits, save: Save) -> None:
    jpeg = save(Image.new("L", (8, 8)), "JPEG")
    avif = save(Image.new("L", (64, 64)), "AVIF")
    bombs = [
        png(60000, 60000),
        png(2**31 - 1, 2**31 - 1),
        patched(jpeg, b"\xff\xc0\0\x0b\x08", struct.pack(">HH", 65000, 65000)),
        webp(16383, 16383),
        webp(2**24, 2**24),
        gif(65535, 65535, 1),
        gif(1, 1, 2, frame_size=(65535, 65535)),
        patched(avif, b"ispe\0\0\0\0", struct.pack(">II", 16000, 16000)),
    ]

    for bomb in bombs:
        with pytest.raises(TooLarge, match="pixels"):
            decode(bomb, Transform(width=10), limits)


def numbered_frames(count: int) -> bytes:
    """Return the chunks of an APNG's frames, whose numbers agree, without data."""

    def control(number: int) -> bytes:
        return chunk(b"fcTL", struct.pack(">5IHHBB", number, 9, 9, 0, 0, 1, 10, 0, 0))

    others = (control(2 * n - 1) + chunk(b"fdAT", struct.pack(">I", 2 * n)) for n in range(1, count))
    return control(0) + chunk(b"IDAT", b"") + b"".join(others)


@pytest.mark.parametrize("frames", [201, 40_000])
def test_too_many_frames_are_refused(limits: Limits, frames: int) -> None:
    numbered = png(9, 9, chunk(b"acTL", struct.pack(">II", frames, 0)), numbered_frames(frames))
    for bomb in (gif(9, 9, frames), numbered):
        with pytest.raises(TooLarge, match="frames"):
            decode(bomb, Transform(width=10), limits)


def test_a_still_of_a_gif_of_many_frames_is_rendered(limits: Limits) -> None:
    assert len(decode(gif(9, 9, 50_000), Transform(format="jpeg"), limits).frames) == 1


def test_a_long_comment_of_tiny_pieces_takes_linear_time(limits: Limits) -> None:
    whole = gif(9, 9, 1)
    comment = b"!\xfe" + b"\x01a" * 2_000_000 + b"\0"
    bloated = whole[:19] + comment + whole[19:]

    assert pixels(decode(bloated, Transform(), limits)) == pixels(decode(whole, Transform(), limits))


PARSED = (
    ("CMYK", "JPEG"),
    ("RGBA", "PNG"),
    ("RGB", "WEBP"),
    ("P", "GIF"),
    ("RGB", "AVIF"),
    ("RGB", "HEIF"),
    ("RGB", "TIFF"),
    ("RGB", "BMP"),
    ("RGBA", "ICO"),
    ("RGB", "JPEG2000"),
    ("RGB", "JXL"),
)


@pytest.mark.parametrize("part", [b"\xff\xed\0\2", b"\xff\xfe\0\2", b"\xff\xe1\0\x08Exif\0\0", b"\xff", b"\0"])
def test_endless_segments_are_refused_before_one_of_them_is_kept(limits: Limits, save: Save, part: bytes) -> None:
    whole = save(Image.new("RGB", (9, 9)), "JPEG")
    endless = whole[:20] + part * 200_000 + whole[20:]  # behind JFIF's

    tracemalloc.start()
    with pytest.raises(DamagedImage, match="parts"):
        decode(endless, Transform(), limits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 1_000_000


def test_endless_chunks_are_refused(limits: Limits) -> None:
    with pytest.raises(DamagedImage, match="parts"):
        decode(png(9, 9, chunk(b"prVt", b"") * 200_000), Transform(), limits)


def test_pillow_never_chooses_a_parser(limits: Limits, save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [save(Image.new(mode, (16, 16)), kind) for mode, kind in PARSED]

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("Pillow would choose the parser")

    monkeypatch.setattr("PIL.Image.open", refuse)

    for file in files:
        assert decode(file, Transform(width=5, format="png"), limits).frames


def test_endless_fill_bytes_are_looked_at_a_few_times(
    limits: Limits, save: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[int] = []

    class Read(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(size)
            reads.append(len(data))
            return data

    monkeypatch.setattr("imaging.reading.pillow.BytesIO", Read)
    whole = save(Image.new("RGB", (64, 64)), "JPEG", restart_marker_blocks=1)
    fill = b"\xff" * 10_000_000
    marker = whole.index(b"\xff\xd3")
    filled = whole[:marker] + fill + whole[marker:]

    assert pixels(decode(filled, Transform(), limits)) == pixels(decode(whole, Transform(), limits))
    assert sum(size > 1000 for size in reads) < 30


def test_an_image_that_only_pillow_would_find_is_never_reached(limits: Limits) -> None:
    # to Pillow the empty block before it makes the image's first byte, 44, the length of one more block
    hidden = b"," + struct.pack("<4HB", 0, 0, 40000, 40000, 0) + b"\x02\x02\x44\x01\0"
    data = bytes(33) + b"\0" + hidden
    image = b"," + struct.pack("<4HB", 0, 0, 9, 9, 0) + b"\x02" + bytes([len(data)]) + data + b"\0"
    smuggled = gif(9, 9, 0)[:-1] + b"!\xf9\0" + image + b";"

    picture = decode(smuggled, Transform(), limits)

    assert [frame.image.size for frame in picture.frames] == [(9, 9)]


def test_more_frames_declared_than_there_are_is_damage(limits: Limits) -> None:
    with pytest.raises(DamagedImage):
        decode(png(9, 9, chunk(b"acTL", struct.pack(">II", 5, 0))), Transform(), limits)


def test_a_png_that_inflates_without_end_is_cut(limits: Limits) -> None:
    text = b"a\0\0" + zlib.compress(bytes(50_000_000), 9)
    data = png(9, 9, chunk(b"zTXt", text), chunk(b"iCCP", text))

    with pytest.raises(DamagedImage):
        decode(data, Transform(), limits)


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_hostile_metadata_do_no_harm(transcode: Transcode, save: Save, fmt: str) -> None:
    loop = b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + struct.pack("<HHII", 0x8769, 4, 1, 8) * 20
    data = save(Image.new("RGB", (60, 40)), fmt, exif=loop, icc_profile=bytes(range(256)) * 200)

    encoded = transcode(data, "30x,f=png")

    assert Image.open(BytesIO(encoded.body)).size == (30, 20)


def overlapping_tags(number: int, size: int) -> bytes:
    """Return a TIFF of two pixels with so many tags more, whose values are all the same bytes, so many."""
    end = 8 + 2 + 12 * (9 + number) + 4
    fields = {256: 2, 257: 1, 258: 8, 259: 1, 262: 1, 273: end, 277: 1, 278: 1, 279: 2}
    tags = [(tag, 4, 1, value) for tag, value in fields.items()]
    tags += [(40_000 + tag, 7, size, end) for tag in range(number)]
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return struct.pack("<4sIH", b"II*\0", 8, len(tags)) + entries + bytes(4) + bytes(size)


def in_segments(exif: bytes) -> bytes:
    """Return EXIF as segments of a JPEG, which Pillow puts together again."""
    pieces = [b"Exif\0\0" + exif[start : start + 60_000] for start in range(0, len(exif), 60_000)]
    return b"".join(b"\xff\xe1" + struct.pack(">H", len(piece) + 2) + piece for piece in pieces)


def test_a_tiff_with_overlapping_tags_does_not_fill_the_memory(transcode: Transcode) -> None:
    assert transcode(overlapping_tags(2, 1000), "f=png").width == 2
    with pytest.raises(DamagedImage, match="overlap"):
        transcode(overlapping_tags(300, 100_000), "f=png")


def test_exif_with_overlapping_tags_does_not_fill_the_memory(transcode: Transcode, save: Save) -> None:
    jpeg = save(Image.new("RGB", (8, 8), "teal"), "JPEG")
    data = jpeg[:2] + in_segments(overlapping_tags(300, 300_000)) + jpeg[20:]  # without JFIF and its resolution
    tracemalloc.start()
    try:
        assert transcode(data, "metadata=all,f=png").width == 8
        assert tracemalloc.get_traced_memory()[1] < 20 * len(data)
    finally:
        tracemalloc.stop()
