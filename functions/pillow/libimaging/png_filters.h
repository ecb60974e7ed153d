/* Undoes and chooses PNG's filters (PNG specification, sections 9 and 12.7) in vectors; Pillow's own code processes one
   byte at a time.

   build-pillow includes it in Pillow-SIMD's ZipDecode.c, which calls undo_filter, and in ZipEncode.c, which calls
   choose_filter. */

#include <immintrin.h>
#include <string.h>

enum { PNG_NONE, PNG_SUB, PNG_UP, PNG_AVERAGE, PNG_PAETH };

/* Undoing: a pixel of 3 or 4 bytes at a time; other sizes are left to Pillow. Each pixel depends on the one to its left:
   the latency between the two is the cost, and work that depends on the row above only is nearly free. */

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

/* The state that a filter keeps of the previous pixel. */
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

/* The row ends before `end`, and `above` is the row before it; both begin with the first pixel. Four bytes are read
   even for a pixel of three, and the fourth is ignored; only the last pixel of the row is read as three. */
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

/* Undo the filter named by the first byte of `line`, on the `length` bytes after it; return PNG_NONE, or the filter's
   number if it is left to the caller. */
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

/* Choosing: 32 bytes at a time, for pixels of any size, since the encoder has all bytes to the left. */

/* `size` bytes of the row from `at` on, at most 32; zero before the row, and after them. */
static inline __m256i
load_bytes(const UINT8 *row, int at, int size) {
    UINT8 bytes[32] = {0};
    int before = at < 0 ? -at : 0;
    if (size == 32 && !before) {
        return _mm256_loadu_si256((const __m256i *)(row + at));
    }
    memcpy(bytes + before, row + (at + before), size - before);
    return _mm256_loadu_si256((const __m256i *)bytes);
}

static inline void
store_bytes(UINT8 *to, __m256i filtered, int size) {
    if (size == 32) {
        _mm256_storeu_si256((__m256i *)to, filtered);
    } else {
        UINT8 bytes[32];
        _mm256_storeu_si256((__m256i *)bytes, filtered);
        memcpy(to, bytes, size);
    }
}

static inline __m256i
distance(__m256i one, __m256i other) {
    return _mm256_sub_epi8(_mm256_max_epu8(one, other), _mm256_min_epu8(one, other));
}

static inline __m256i
not_less(__m256i one, __m256i other) {
    return _mm256_cmpeq_epi8(_mm256_max_epu8(one, other), one);
}

/* If left and above are on the same side of corner, the estimate is farther from corner than from one of them. Else its
   distance from corner is the difference of the other two. So bytes suffice for a distance of nine bits. */
static inline __m256i
paeth(__m256i left, __m256i above, __m256i corner) {
    __m256i from_left = distance(above, corner), from_above = distance(left, corner);
    __m256i differ = _mm256_xor_si256(not_less(left, corner), not_less(above, corner));
    __m256i same = _mm256_cmpeq_epi8(differ, _mm256_setzero_si256());
    __m256i from_corner = _mm256_or_si256(distance(from_left, from_above), same);
    __m256i nearest = _mm256_blendv_epi8(corner, above, not_less(from_corner, from_above));
    return _mm256_blendv_epi8(nearest, left, not_less(_mm256_min_epu8(from_above, from_corner), from_left));
}

/* Add the bytes' absolute values to a sum in four parts. -128 counts as 128, which abs leaves. */
static inline void
add_distances(__m256i *sum, __m256i bytes) {
    *sum = _mm256_add_epi64(*sum, _mm256_sad_epu8(_mm256_abs_epi8(bytes), _mm256_setzero_si256()));
}

static inline long long
total(__m256i sum) {
    long long parts[4];
    _mm256_storeu_si256((__m256i *)parts, sum);
    return parts[0] + parts[1] + parts[2] + parts[3];
}

/* Output the row under the filter with the smallest sum of absolute values, of equal ones the first in Pillow's order, and
   return true; with `optimize`, for which Pillow tries the average too, leave it to Pillow and return false. */
static inline int
choose_filter(ZIPSTATE *context, ImagingCodecState state) {
    UINT8 *const lines[4] = {state->buffer, context->up, context->prior, context->paeth};
    const UINT8 *row = state->buffer + 1, *row_above = context->previous + 1;
    const int size = (state->bits + 7) / 8;
    __m256i sums[4] = {_mm256_setzero_si256()};
    if (context->optimize) {
        return 0;
    }
    for (int at = 0; at < state->bytes; at += 32) {
        int count = state->bytes - at < 32 ? state->bytes - at : 32;
        __m256i raw = load_bytes(row, at, count), left = load_bytes(row, at - size, count);
        __m256i above = load_bytes(row_above, at, count), corner = load_bytes(row_above, at - size, count);
        __m256i guesses[4] = {_mm256_setzero_si256(), above, left, paeth(left, above, corner)};
        for (int i = 0; i < 4; i++) {
            __m256i filtered = _mm256_sub_epi8(raw, guesses[i]);
            add_distances(&sums[i], filtered);
            if (i > 0) {
                store_bytes(lines[i] + 1 + at, filtered, count);
            }
        }
    }
    int best = 0;
    for (int i = 1; i < 4; i++) {
        best = total(sums[i]) < total(sums[best]) ? i : best;
    }
    context->output = lines[best];
    return 1;
}
