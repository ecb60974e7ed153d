"""Patch the C code of `libimaging` into the sources of Pillow-SIMD, for `build-pillow`.

    python patch_pillow.py PILLOW

Each place is found by its exact text. If that is missing, or found more than once, the build fails: review the new code
of Pillow (README.md).
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

HEADERS = Path(__file__).parent / "libimaging"

PATCHES = {
    "libImaging/Imaging.h": (
        (
            "    int lines_per_block; /* Number of lines in a block have been allocated */\n",
            """\
    int lines_per_block; /* Number of lines in a block have been allocated */
    void *sieve;         /* of resample_bands.h, or NULL */
""",
        ),
        (
            "extern Imaging\nImagingResample(",
            """\
extern Imaging
ImagingNewSieve(ModeID mode, int xsize, int ysize, int width, int height, float box[4]);
extern void
ImagingSieveRow(Imaging im, int y);
extern Imaging
ImagingSieveTake(Imaging im);
extern Imaging
ImagingResample(""",
        ),
    ),
    "_imaging.c": (
        (
            "static PyObject *\n_new_block(",
            """\
#include "libImaging/sieve.h"

static PyObject *
_new_block(""",
        ),
        (
            '    {"resize", (PyCFunction)_resize, METH_VARARGS},\n',
            """\
    {"resize", (PyCFunction)_resize, METH_VARARGS},
    {"take_sieved", (PyCFunction)_take_sieved, METH_NOARGS},
""",
        ),
        (
            '    {"new", (PyCFunction)_new, METH_VARARGS},\n',
            """\
    {"new", (PyCFunction)_new, METH_VARARGS},
    {"new_sieve", (PyCFunction)_new_sieve, METH_VARARGS},
""",
        ),
    ),
    "libImaging/ZipDecode.c": (
        ('#include "ZipCodecs.h"\n', '#include "ZipCodecs.h"\n#include "png_filters.h"\n'),
        (
            "switch (state->buffer[0]) {",
            "switch (undo_filter(state->buffer, context->previous, row_len, (state->bits + 7) / 8)) {",
        ),
    ),
    "libImaging/ZipEncode.c": (
        ('#include "ZipCodecs.h"\n', '#include "ZipCodecs.h"\n#include "png_filters.h"\n'),
        (
            "if (context->mode == ZIP_PNG) {",
            "if (context->mode == ZIP_PNG && !choose_filter(context, state)) {",
        ),
    ),
    "libImaging/JpegDecode.c": (
        ('#include "Jpeg.h"\n', '#include "Jpeg.h"\n#include "jpeg_huffman.h"\n#include "jpeg_lines.h"\n'),
        (
            """\
            if (!jpeg_start_decompress(&context->cinfo)) {
                break;
            }
""",
            """\
            if (!jpeg_start_decompress(&context->cinfo)) {
                break;
            }
            take_over_huffman(&context->cinfo);
""",
        ),
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
                if (im->sieve) {
                    ImagingSieveRow(im, state->y + state->yoff);
                }
""",
        ),
    ),
    "libImaging/JpegEncode.c": (
        ('#include "Jpeg.h"\n', '#include "Jpeg.h"\n#include "jpeg_counts.h"\n'),
        (
            """\
                    jpeg_start_compress(&context->cinfo, TRUE);
                    break;
            }
""",
            """\
                    jpeg_start_compress(&context->cinfo, TRUE);
                    break;
            }
            take_over_counting(&context->cinfo);
""",
        ),
    ),
    "libImaging/Resample.c": (
        ("typedef void (*ResampleFunction)(", '#include "resample_bands.h"\n\ntypedef void (*ResampleFunction)('),
        (
            "    // First used row in the source image\n",
            """\
    if (need_horizontal && need_vertical && ResampleVertical == ImagingResampleVertical_8bpc) {
        Taps across = {ksize_horiz, bounds_horiz, kk_horiz}, down = {ksize_vert, bounds_vert, kk_vert};
        imOut = resample_bands(imIn, xsize, ysize, &across, &down);
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
"""For each file of `src` the texts to replace, and their replacements."""


def patch(source: Path) -> None:
    """Patch the files in the directory `source`; raise ValueError for a text that is not found exactly once."""
    for header in HEADERS.glob("*.h"):
        shutil.copy(header, source / "libImaging")
    for name, replacements in PATCHES.items():
        text = (source / name).read_text("utf-8")
        for old, new in replacements:
            if text.count(old) != 1:
                raise ValueError(f"{name} has this text {text.count(old)} times instead of once: {old}")
            text = text.replace(old, new)
        (source / name).write_text(text, "utf-8")


if __name__ == "__main__":
    patch(Path(sys.argv[1]) / "src")
