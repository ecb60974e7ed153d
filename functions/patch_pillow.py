"""Put the C code of `resize/libimaging` into the sources of Pillow-SIMD, for `resize/build-pillow`.

    python patch_pillow.py PILLOW

Each place is found by its very words. Where they are not there any more, or more than once, nothing is built: somebody
has to look at what Pillow does now.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HEADERS = Path(__file__).parent / "resize" / "libimaging"

PATCHES = {
    "ZipDecode.c": (
        ('#include "ZipCodecs.h"\n', '#include "ZipCodecs.h"\n#include "png_filters.h"\n'),
        (
            "switch (state->buffer[0]) {",
            "switch (undo_filter(state->buffer, context->previous, row_len, (state->bits + 7) / 8)) {",
        ),
    ),
    "ZipEncode.c": (
        ('#include "ZipCodecs.h"\n', '#include "ZipCodecs.h"\n#include "png_filters.h"\n'),
        (
            "if (context->mode == ZIP_PNG) {",
            "if (context->mode == ZIP_PNG && !choose_filter(context, state)) {",
        ),
    ),
    "JpegDecode.c": (
        ('#include "Jpeg.h"\n', '#include "Jpeg.h"\n#include "jpeg_lines.h"\n'),
        (
            """\
                ok = jpeg_read_scanlines(&context->cinfo, &state->buffer, 1);
                if (ok != 1) {
                    break;
                }
                state->shuffle(
                    (UINT8 *)im->image[state->y + state->yoff] +
                        state->xoff * im->pixelsize,
                    state->buffer,
                    state->xsize
                );
""",
            """\
                UINT8 *line = place_line(im, state, context);
                ok = jpeg_read_scanlines(&context->cinfo, &line, 1);
                if (ok != 1) {
                    break;
                }
                if (line == state->buffer) {
                    state->shuffle(
                        (UINT8 *)im->image[state->y + state->yoff] +
                            state->xoff * im->pixelsize,
                        state->buffer,
                        state->xsize
                    );
                }
""",
        ),
    ),
    "Resample.c": (
        ("typedef void (*ResampleFunction)(", '#include "resample_bands.h"\n\ntypedef void (*ResampleFunction)('),
        (
            "    // First used row in the source image\n",
            """\
    if (need_horizontal && need_vertical && ResampleVertical == ImagingResampleVertical_8bpc) {
        imOut = resample_bands(
            imIn, xsize, ysize, bounds_horiz, kk_horiz, ksize_horiz, bounds_vert, kk_vert, ksize_vert
        );
        if (imOut) {
            free(bounds_horiz);
            free(kk_horiz);
            free(bounds_vert);
            free(kk_vert);
            return imOut;
        }
    }

    // First used row in the source image
""",
        ),
        (
            "        return sinc_filter(x) * sinc_filter(x / 3);\n",
            """\
        /* sin(3a) is sin(a) (3 - 4 sin(a)^2): one sine instead of two */
        double a = x * M_PI / 3, sine = sin(a);
        return a == 0.0 ? 1.0 : sine * sine * (3 - 4 * sine * sine) / (3 * a * a);
""",
        ),
    ),
}
"""For each file of libImaging what is replaced in it, and by what."""


def patch(library: Path) -> None:
    """Patch the files in the directory `library`; raise ValueError for what is not there exactly once."""
    for header in HEADERS.glob("*.h"):
        shutil.copy(header, library)
    for name, replacements in PATCHES.items():
        text = (library / name).read_text("utf-8")
        for old, new in replacements:
            if text.count(old) != 1:
                raise ValueError(f"{name} has {text.count(old)} times instead of once: {old}")
            text = text.replace(old, new)
        (library / name).write_text(text, "utf-8")


if __name__ == "__main__":
    patch(Path(sys.argv[1]) / "src" / "libImaging")
