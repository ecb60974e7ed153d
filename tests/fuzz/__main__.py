"""`make fuzz`: atheris on the core, for a bounded time; what it finds is kept in .local/fuzz.

Its limits are the declared ones: each input has 10 seconds, and the process 1 GiB.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["imaging", "PIL"]):
    from imaging.decoder import decode
    from imaging.encoder import encode
    from imaging.errors import TranscodingError
    from imaging.limits import Limits
    from imaging.pipeline import apply
    from imaging.transform import parse_transform

from fuzz.seeds import make_seeds

PLACE = Path(__file__).parents[2] / ".local" / "fuzz"
LIMITS = Limits(max_input_bytes=200_000, max_input_pixels=1_000_000, max_output_pixels=1_000_000, max_frames=20)
TRANSFORMS = [parse_transform(segment) for segment in ("20x,f=webp", "20x20,fit=cover,f=png", "30x20,fit=pad,f=jpeg")]


def fuzz_once(data: bytes) -> None:
    """Transcode `data`, an original of any kind, by a transform that depends on its length."""
    transform = TRANSFORMS[len(data) % len(TRANSFORMS)]
    with suppress(TranscodingError):
        encode(apply(decode(data, transform, LIMITS), transform), transform, 80)


def main() -> None:
    """Write the seeds, and fuzz for as many seconds as the argument says."""
    corpus = PLACE / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for kind, data in make_seeds().items():
        (corpus / kind.replace(" ", "-")).write_bytes(data)
    seconds = sys.argv[1] if len(sys.argv) > 1 else "300"
    options = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-max_len=20000"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={PLACE}/", str(corpus)], fuzz_once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
