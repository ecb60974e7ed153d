/* Undoes PNG's filters a pixel at a time (PNG specification, section 9), where Pillow's own code takes one byte at a time.

   build-pillow puts it into Pillow-SIMD's ZipDecode.c. For pixels of 3 and 4 bytes; all others are left to Pillow. */

#include <immintrin.h>
#include <string.h>

/* A pixel is in the lower bytes of a vector, and never more than its own bytes are read or written. */
static inline __m128i
load_pixel(const UINT8 *from, int size) {
    UINT32 pixel;
    if (size == 3) {
        /* not by memcpy: the compiler would go through memory, and wait for it */
        pixel = from[0] | from[1] << 8 | (UINT32)from[2] << 16;
    } else {
        memcpy(&pixel, from, 4);
    }
    return _mm_cvtsi32_si128((int)pixel);
}

static inline void
store_pixel(UINT8 *to, __m128i pixel, int size) {
    UINT32 bytes = (UINT32)_mm_cvtsi128_si32(pixel);
    if (size == 3) {
        UINT16 two = (UINT16)bytes;
        memcpy(to, &two, 2);
        to[2] = (UINT8)(bytes >> 16);
    } else {
        memcpy(to, &bytes, 4);
    }
}

/* Each `row` ends before `end`, `above` is the row before it; both begin with the first pixel. */
static inline __attribute__((always_inline)) void
undo_sub(UINT8 *row, const UINT8 *end, int size) {
    __m128i left = _mm_setzero_si128();
    for (; row < end; row += size) {
        left = _mm_add_epi8(left, load_pixel(row, size));
        store_pixel(row, left, size);
    }
}

static inline __attribute__((always_inline)) void
undo_average(UINT8 *row, const UINT8 *end, const UINT8 *above, int size) {
    const __m128i one = _mm_set1_epi8(1);
    __m128i left = _mm_setzero_si128();
    for (; row < end; row += size, above += size) {
        __m128i up = load_pixel(above, size);
        /* pavgb rounds up, and PNG down */
        __m128i odd = _mm_and_si128(_mm_xor_si128(left, up), one);
        __m128i average = _mm_sub_epi8(_mm_avg_epu8(left, up), odd);
        left = _mm_add_epi8(average, load_pixel(row, size));
        store_pixel(row, left, size);
    }
}

static inline __attribute__((always_inline)) void
undo_paeth(UINT8 *row, const UINT8 *end, const UINT8 *above, int size) {
    const __m128i zero = _mm_setzero_si128();
    const __m128i low = _mm_set1_epi16(255);
    __m128i left = zero, corner = zero; /* 16 bits a channel from here on, since differences have nine */
    for (; row < end; row += size, above += size) {
        __m128i up = _mm_cvtepu8_epi16(load_pixel(above, size));
        __m128i raw = _mm_cvtepu8_epi16(load_pixel(row, size));
        __m128i to_left = _mm_sub_epi16(up, corner);
        __m128i to_up = _mm_sub_epi16(left, corner);
        __m128i to_corner = _mm_abs_epi16(_mm_add_epi16(to_left, to_up));
        to_left = _mm_abs_epi16(to_left);
        to_up = _mm_abs_epi16(to_up);
        __m128i least = _mm_min_epi16(to_left, _mm_min_epi16(to_up, to_corner));
        __m128i nearest = _mm_blendv_epi8(corner, up, _mm_cmpeq_epi16(least, to_up));
        nearest = _mm_blendv_epi8(nearest, left, _mm_cmpeq_epi16(least, to_left));
        left = _mm_and_si128(_mm_add_epi16(nearest, raw), low);
        corner = up;
        store_pixel(row, _mm_packus_epi16(left, zero), size);
    }
}

/* Undo the filter named by the first byte of `line`, of `length` bytes after it; return PNG's number of no filter, or that
   of the filter if it is left to the caller. */
static int
undo_filter(UINT8 *line, const UINT8 *line_above, int length, int size) {
    UINT8 *row = line + 1;
    const UINT8 *end = row + length, *above = line_above + 1;
    if ((size != 3 && size != 4) || length % size || line[0] == 2) {
        return line[0];
    }
    switch (line[0] * 8 + size) {
        case 1 * 8 + 3: undo_sub(row, end, 3); return 0;
        case 1 * 8 + 4: undo_sub(row, end, 4); return 0;
        case 3 * 8 + 3: undo_average(row, end, above, 3); return 0;
        case 3 * 8 + 4: undo_average(row, end, above, 4); return 0;
        case 4 * 8 + 3: undo_paeth(row, end, above, 3); return 0;
        case 4 * 8 + 4: undo_paeth(row, end, above, 4); return 0;
        default: return line[0];
    }
}
