/* Undoes PNG's filters a pixel at a time (PNG specification, section 9), where Pillow's own code takes one byte at a time.

   build-pillow puts it into Pillow-SIMD's ZipDecode.c. */

#include <immintrin.h>
#include <string.h>

enum { PNG_NONE, PNG_SUB, PNG_UP, PNG_AVERAGE, PNG_PAETH };

/* Undoing: a pixel at a time, of 3 or 4 bytes; all others are left to Pillow. Each pixel waits for the one to its left, so
   what takes the time is the instructions between the two, and what depends on the row above only is as good as free. */

/* A pixel is in the lower bytes of a vector. */
static inline __m128i
load_four(const UINT8 *from) {
    UINT32 pixel;
    memcpy(&pixel, from, 4);
    return _mm_cvtsi32_si128((int)pixel);
}

static inline __m128i
load_three(const UINT8 *from) {
    return _mm_cvtsi32_si128(from[0] | from[1] << 8 | from[2] << 16);
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

/* What a filter keeps of the pixel before. */
typedef struct {
    __m128i left, corner;
} Before;

static inline __m128i
undo_sub(Before *before, __m128i raw) {
    return before->left = _mm_add_epi8(before->left, raw);
}

/* pavgb rounds up and PNG down, hence complements: ~(raw + average) = average of the complements, rounded up, - raw. `left`
   is the complement of the pixel. */
static inline __m128i
undo_average(Before *before, __m128i raw, __m128i up) {
    const __m128i ones = _mm_set1_epi8(-1);
    before->left = _mm_sub_epi8(_mm_avg_epu8(before->left, _mm_xor_si128(up, ones)), raw);
    return _mm_xor_si128(before->left, ones);
}

/* Paeth takes the least of left and up if neither is over 3 corner - left - up, the greatest if neither is under it, and
   corner if it lies between the two (the form is stb_image's). Solved for left, that is two bounds, both of the row above
   only. A channel has 16 bits, since bounds have eleven. */
static inline __m128i
undo_paeth(Before *before, __m128i raw, __m128i up) {
    __m128i left = before->left, corner = before->corner;
    up = _mm_cvtepu8_epi16(up);
    __m128i twice = _mm_add_epi16(_mm_add_epi16(corner, corner), _mm_sub_epi16(corner, up)); /* of left, at the bound */
    __m128i once = _mm_sub_epi16(twice, up);
    __m128i half = _mm_srai_epi16(twice, 1);
    __m128i over_low = _mm_cmpgt_epi16(left, _mm_min_epi16(half, once));
    __m128i under_high = _mm_cmpgt_epi16(_mm_max_epi16(_mm_sub_epi16(twice, half), once), left);
    __m128i nearest = _mm_blendv_epi8(_mm_min_epi16(left, up), corner, over_low);
    nearest = _mm_blendv_epi8(_mm_max_epi16(left, up), nearest, under_high);
    before->left = _mm_add_epi8(nearest, _mm_cvtepu8_epi16(raw)); /* the upper bytes stay zero */
    before->corner = up;
    return _mm_packus_epi16(before->left, before->left);
}

static inline __attribute__((always_inline)) __m128i
undo_pixel(Before *before, __m128i raw, __m128i up, int filter) {
    switch (filter) {
        case PNG_SUB: return undo_sub(before, raw);
        case PNG_AVERAGE: return undo_average(before, raw, up);
        default: return undo_paeth(before, raw, up);
    }
}

/* The row ends before `end`, and `above` is the row before it; both begin with the first pixel. Four bytes are read even of
   a pixel of three, the fourth being nobody's, as long as the row has them: only the last pixel is read by three. */
static inline __attribute__((always_inline)) void
undo_row(UINT8 *row, const UINT8 *end, const UINT8 *above, int filter, int size) {
    Before before = {_mm_set1_epi8(filter == PNG_AVERAGE ? -1 : 0), _mm_setzero_si128()};
    for (; end - row >= 4; row += size, above += size) {
        store_pixel(row, undo_pixel(&before, load_four(row), load_four(above), filter), size);
    }
    if (size == 3 && row < end) {
        store_pixel(row, undo_pixel(&before, load_three(row), load_three(above), filter), size);
    }
}

/* Undo the filter named by the first byte of `line`, of `length` bytes after it; return PNG's number of no filter, or that
   of the filter if it is left to the caller. */
static inline int
undo_filter(UINT8 *line, const UINT8 *line_above, int length, int size) {
    UINT8 *row = line + 1;
    const UINT8 *end = row + length, *above = line_above + 1;
    if ((size != 3 && size != 4) || length % size) {
        return line[0];
    }
    switch (line[0] * 8 + size) {
        case PNG_SUB * 8 + 3: undo_row(row, end, above, PNG_SUB, 3); return PNG_NONE;
        case PNG_SUB * 8 + 4: undo_row(row, end, above, PNG_SUB, 4); return PNG_NONE;
        case PNG_AVERAGE * 8 + 3: undo_row(row, end, above, PNG_AVERAGE, 3); return PNG_NONE;
        case PNG_AVERAGE * 8 + 4: undo_row(row, end, above, PNG_AVERAGE, 4); return PNG_NONE;
        case PNG_PAETH * 8 + 3: undo_row(row, end, above, PNG_PAETH, 3); return PNG_NONE;
        case PNG_PAETH * 8 + 4: undo_row(row, end, above, PNG_PAETH, 4); return PNG_NONE;
        default: return line[0];
    }
}
