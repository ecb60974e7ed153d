"""`make fuzz`: atheris on the core, for a bounded time; inputs that fail are kept in .local/fuzz.

Each input may take 10 seconds, and the process 1 GiB.
"""

from __future__ import annotations

import base64
import sys
import zlib
from contextlib import suppress
from functools import cache
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["imaging", "PIL"]):
    import imaging.analysis.focus
    import imaging.analysis.similarity
    import imaging.analysis.trimming
    import imaging.description
    import imaging.reading.webp
    import imaging.steps.lettering  # noqa: F401 - these six are imported on demand, where they would not be instrumented
    from grammar.errors import TranscodingError
    from grammar.path import parse_path
    from grammar.transform import parse_transform
    from imaging import transcode
    from imaging.limits import Limits
    from imaging.watermark import open_watermark

from fuzz.seeds import make_seeds

PLACE = Path(__file__).parents[2] / ".local" / "fuzz"
LIMITS = Limits(max_input_bytes=200_000, max_input_pixels=1_000_000, max_output_pixels=1_000_000, max_frames=20)
SEGMENTS = (
    "20x,f=webp",
    "20x20,fit=cover,f=png",
    "30x20,fit=pad,f=jpeg",
    "20x15,fit=cover,g=auto,q=auto,f=jpeg",
    "crop=0.1:0.2:0.5:0.5,trim=9,rotate=90,flip=h,f=gif",
    "24x,rotate=33.3,bg=20406080,border=2:c04020,radius=max,f=png",
    "24x,blur=2,sharpen=3,pixelate=5,gamma=0.5,saturation=3,tint=b0703080,f=webp",
    "metadata=all,profile=keep,frame=1,f=png",
    "24x,metadata=copyright,orient=none,gray=true,animate=false,max_bytes=600,f=jpeg",
    "16x,lossless=true,opacity=0.5,f=webp",
    "24x,wm=logo,wm_scale=0.5,wm_tile=true,text=wqkgMjAyNg,profile=keep,f=png",
)
TRANSFORMS = [parse_transform(segment) for segment in SEGMENTS]
TEXTS = (
    "\u00a9 2026",
    "\u0391\u03b8\u03ae\u03bd\u03b1\n\u041f\u0440\u0438\u0432\u0435\u0442",
    "Tr\u1ed9m\nJj|\n\u2030",
)
MARKED = [transform for transform in TRANSFORMS if transform.watermark]


def fuzz_once(data: bytes) -> None:
    """Use `data` as an original of any kind, as a watermark, and as a text; its checksum chooses the transform."""
    transform = TRANSFORMS[zlib.crc32(data) % len(TRANSFORMS)]
    with suppress(TranscodingError):
        transcode(data, transform, limits=LIMITS, watermark=_seed("webp") if transform.watermark else None)
    for segment in ("f=json", "9x,f=auto"):
        with suppress(TranscodingError):
            transcode(data, segment, limits=LIMITS)
    with suppress(TranscodingError):
        mark = open_watermark(data, "logo", LIMITS)
        for transform in MARKED:
            transcode(_seed("gif moving"), transform, limits=LIMITS, watermark=mark)
    with suppress(TranscodingError):
        text = base64.urlsafe_b64encode(data[:75]).decode().rstrip("=")
        transform, _ = parse_path(f"32x,text={text},text_size={4 + len(data) % 40},f=png/cat.jpg")
        transcode(_seed("jpeg"), transform, limits=LIMITS)


@cache
def _seed(kind: str) -> bytes:
    return make_seeds()[kind]


def main() -> None:
    """Write the seeds, and fuzz for the number of seconds in the argument (300)."""
    corpus = PLACE / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for kind, data in make_seeds().items():
        (corpus / kind.replace(" ", "-")).write_bytes(data)
    for number, text in enumerate(TEXTS):
        (corpus / f"text-{number}").write_bytes(text.encode())
    seconds = sys.argv[1] if len(sys.argv) > 1 else "300"
    options = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-max_len=20000"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={PLACE}/", str(corpus)], fuzz_once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
