/* Resamples horizontally and vertically in one pass over bands of rows, with equally many coefficients for each pixel.

   Pillow-SIMD resamples the whole image horizontally, then that result vertically. Here only the rows that one row of the
   result needs exist between the passes, and stay in the processor's cache. With a sieve the source's rows do too: each is
   resampled as soon as it is decoded, and the whole image never exists. Results are identical to Pillow's: all sums are of
   integers, and additional coefficients are 0.

   build-pillow includes it in Pillow-SIMD's Resample.c. */

#include <immintrin.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 4,   /* rows that are resampled horizontally at once, for each load of their coefficients */
    PIXELS = 4, /* pixels of a row that are resampled at once: 16 bytes */
    COLUMNS = 8 /* pixels of a row that are resampled vertically at once */
};

/* The coefficients of eight pixels in a row, four in each half of a vector, repeated for each channel. By pairs, `one` has
   the first two of each four, and `other` the last two; by fours, `one` has the upper bytes, and `other` the lower. */
typedef struct {
    __m256i one, other;
} Eight;

/* The horizontal pass. Each pixel has `count` times Eight; the first is for the pixel at `starts` of the
   source, and the last is never beyond its end. There are `width` pixels, a multiple of PIXELS, of which those beyond the
   result's have coefficients of 0. */
typedef struct {
    int width, count, precision, is_by_fours;
    int *starts;
    Eight *coefficients;
} Across;

/* Rows after the horizontal pass, in pairs: the bytes of an even row and of the next one alternate. Pair `n` is at `n`
   modulo `pairs`. */
typedef struct {
    int pairs;
    size_t stride;
    UINT8 *bytes;
} Band;

/* The vertical pass for a row of the result: `count` pairs of the band, with two coefficients each. */
typedef struct {
    int count, precision;
    const UINT8 **pairs;
    INT16 *coefficients;
} Column;

static int
round_up(int number, int multiple) {
    return (number + multiple - 1) / multiple * multiple;
}

static void
free_across(Across *across) {
    free(across->starts);
    free(across->coefficients);
}

/* Pillow's coefficients as integers, or NULL. Pillow's own stay unchanged for its own code. */
static INT16 *
to_integers(const double *kk, int size, int kmax, int *precision) {
    double *copy = malloc(sizeof(double) * size * kmax);
    if (copy) {
        memcpy(copy, kk, sizeof(double) * size * kmax);
        *precision = normalize_coeffs_8bpc(size, kmax, copy);
    }
    return (INT16 *)copy;
}

/* Whether the processor multiplies four bytes at once (AVX-512 VNNI, here in vectors of 256 bits), and the upper bytes of
   the coefficients, rounded, are bytes. */
static int
can_do_fours(const INT16 *kk, int size) {
    int greatest = 0;
    for (int i = 0; i < size; i++) {
        greatest = kk[i] > greatest ? kk[i] : greatest;
    }
    return greatest < 127 * 256 + 128 && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vl");
}

/* Arrange the coefficients of a row; return 0 if the source is too narrow, or without memory. */
static int
lay_out(Across *across, int source_width, int width, const int *bounds, const double *pillows, int kmax) {
    int most = 1;
    for (int x = 0; x < width; x++) {
        most = bounds[x * 2 + 1] > most ? bounds[x * 2 + 1] : most;
    }
    int taps = round_up(most, 8);
    across->width = round_up(width, PIXELS);
    across->count = taps / 8;
    if (taps > source_width) {
        return 0;
    }
    size_t size = (size_t)across->width * across->count * sizeof(Eight);
    across->starts = calloc(across->width, sizeof(int));
    across->coefficients = aligned_alloc(sizeof(__m256i), size);
    INT16 *even = malloc(taps * sizeof(INT16)), *kk = to_integers(pillows, width, kmax, &across->precision);
    if (!across->starts || !across->coefficients || !even || !kk) {
        free(even);
        free(kk);
        free_across(across);
        return 0;
    }
    memset(across->coefficients, 0, size);
    across->is_by_fours = can_do_fours(kk, width * kmax);
    for (int x = 0; x < width; x++) {
        int first = bounds[x * 2], last_start = source_width - taps;
        across->starts[x] = first < last_start ? first : last_start;
        memset(even, 0, taps * sizeof(INT16));
        memcpy(&even[first - across->starts[x]], &kk[(size_t)x * kmax], bounds[x * 2 + 1] * sizeof(INT16));
        for (int i = 0; i < across->count; i++) {
            Eight *to = &across->coefficients[(size_t)x * across->count + i];
            __m128i eight = _mm_loadu_si128((const __m128i *)&even[i * 8]);
            if (across->is_by_fours) {
                /* rounded, so that the lower byte is signed */
                __m128i upper = _mm_srai_epi16(_mm_add_epi16(eight, _mm_set1_epi16(128)), 8);
                __m128i lower = _mm_sub_epi16(eight, _mm_slli_epi16(upper, 8));
                eight = _mm_packs_epi16(upper, lower);
                __m256i fours = _mm256_castsi128_si256(eight);
                _mm256_store_si256(&to->one, _mm256_permutevar8x32_epi32(fours, _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1)));
                _mm256_store_si256(&to->other, _mm256_permutevar8x32_epi32(fours, _mm256_setr_epi32(2, 2, 2, 2, 3, 3, 3, 3)));
            } else {
                __m256i halves = _mm256_permute4x64_epi64(_mm256_castsi128_si256(eight), 0x50);
                _mm256_store_si256(&to->one, _mm256_shuffle_epi32(halves, 0x00));
                _mm256_store_si256(&to->other, _mm256_shuffle_epi32(halves, 0x55));
            }
        }
    }
    free(even);
    free(kk);
    return 1;
}

/* Sum the pixels of ROWS rows from `start`, weighted by `count` Eights; each half of a result sums four of eight. */
typedef void (*Weigh)(__m256i sums[ROWS], const UINT32 *const rows[ROWS], int start, const Eight *eights, int count);

static inline __attribute__((always_inline)) void
weigh_by_pairs(__m256i sums[ROWS], const UINT32 *const rows[ROWS], int start, const Eight *eights, int count) {
    const __m256i first_two = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, -1, 4, -1, 1, -1, 5, -1, 2, -1, 6, -1, 3, -1, 7, -1)
    );
    const __m256i last_two = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(8, -1, 12, -1, 9, -1, 13, -1, 10, -1, 14, -1, 11, -1, 15, -1)
    );
#pragma GCC unroll 2
    for (int eight = 0; eight < count; eight++) {
        __m256i one = _mm256_load_si256(&eights[eight].one), other = _mm256_load_si256(&eights[eight].other);
#pragma GCC unroll 4
        for (int row = 0; row < ROWS; row++) {
            __m256i pixels = _mm256_loadu_si256((const __m256i *)&rows[row][start + eight * 8]);
            __m256i part = _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, first_two), one);
            sums[row] = _mm256_add_epi32(sums[row], part);
            part = _mm256_madd_epi16(_mm256_shuffle_epi8(pixels, last_two), other);
            sums[row] = _mm256_add_epi32(sums[row], part);
        }
    }
}

#define FOURS __attribute__((target("avx2,avx512vl,avx512vnni")))

static inline FOURS __attribute__((always_inline)) void
weigh_by_fours(__m256i sums[ROWS], const UINT32 *const rows[ROWS], int start, const Eight *eights, int count) {
    const __m256i by_channel = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)
    );
    __m256i upper[ROWS];
#pragma GCC unroll 4
    for (int row = 0; row < ROWS; row++) {
        upper[row] = _mm256_setzero_si256();
    }
#pragma GCC unroll 2
    for (int eight = 0; eight < count; eight++) {
        __m256i one = _mm256_load_si256(&eights[eight].one), other = _mm256_load_si256(&eights[eight].other);
#pragma GCC unroll 4
        for (int row = 0; row < ROWS; row++) {
            __m256i pixels = _mm256_loadu_si256((const __m256i *)&rows[row][start + eight * 8]);
            pixels = _mm256_shuffle_epi8(pixels, by_channel);
            upper[row] = _mm256_dpbusd_epi32(upper[row], pixels, one);
            sums[row] = _mm256_dpbusd_epi32(sums[row], pixels, other);
        }
    }
#pragma GCC unroll 4
    for (int row = 0; row < ROWS; row++) {
        sums[row] = _mm256_add_epi32(sums[row], _mm256_slli_epi32(upper[row], 8));
    }
}

/* Add up the halves of a pixel's sums in two rows; each half of the result is of one row. */
static inline __attribute__((always_inline)) __m256i
join(__m256i one, __m256i other, __m128i precision) {
    __m256i sums = _mm256_add_epi32(
        _mm256_permute2x128_si256(one, other, 0x20), _mm256_permute2x128_si256(one, other, 0x31)
    );
    return _mm256_sra_epi32(sums, precision);
}

/* Resample ROWS rows into two pairs of the band. Inlined with constants, it has no unpredictable branch. */
static inline __attribute__((always_inline)) void
resample_across(
    UINT8 *const pairs[ROWS / 2], const UINT32 *const rows[ROWS], const Across *across, int count, Weigh weigh
) {
    const __m256i half = _mm256_zextsi128_si256(_mm_set1_epi32(1 << (across->precision - 1)));
    const __m128i precision = _mm_cvtsi32_si128(across->precision);
    const Eight *eights = across->coefficients;
    for (int x = 0; x < across->width; x += PIXELS) {
        __m256i made[ROWS / 2][PIXELS];
#pragma GCC unroll 4
        for (int i = 0; i < PIXELS; i++) {
            __m256i sums[ROWS] = {half, half, half, half};
            weigh(sums, rows, across->starts[x + i], eights, count);
            eights += count;
            made[0][i] = join(sums[0], sums[1], precision);
            made[1][i] = join(sums[2], sums[3], precision);
        }
#pragma GCC unroll 2
        for (int pair = 0; pair < ROWS / 2; pair++) {
            __m256i *of = made[pair];
            __m256i both = _mm256_packus_epi16(_mm256_packs_epi32(of[0], of[1]), _mm256_packs_epi32(of[2], of[3]));
            __m128i even = _mm256_castsi256_si128(both), odd = _mm256_extracti128_si256(both, 1);
            __m128i *to = (__m128i *)&pairs[pair][x * 8];
            _mm_storeu_si128(to, _mm_unpacklo_epi8(even, odd));
            _mm_storeu_si128(to + 1, _mm_unpackhi_epi8(even, odd));
        }
    }
}

static void
across_by_pairs(UINT8 *const pairs[ROWS / 2], const UINT32 *const rows[ROWS], const Across *across) {
    switch (across->count) {
        case 1: resample_across(pairs, rows, across, 1, weigh_by_pairs); break;
        case 2: resample_across(pairs, rows, across, 2, weigh_by_pairs); break;
        default: resample_across(pairs, rows, across, across->count, weigh_by_pairs);
    }
}

static FOURS void
across_by_fours(UINT8 *const pairs[ROWS / 2], const UINT32 *const rows[ROWS], const Across *across) {
    switch (across->count) {
        case 1: resample_across(pairs, rows, across, 1, weigh_by_fours); break;
        case 2: resample_across(pairs, rows, across, 2, weigh_by_fours); break;
        default: resample_across(pairs, rows, across, across->count, weigh_by_fours);
    }
}

/* Resample ROWS rows of the source from `y`; rows below its last have coefficients of 0, and may have any content. */
static void
fill_band(const Band *band, int pair, Imaging source, int y, const Across *across) {
    const UINT32 *rows[ROWS];
    for (int row = 0; row < ROWS; row++) {
        rows[row] = (const UINT32 *)source->image32[y + row < source->ysize ? y + row : source->ysize - 1];
    }
    UINT8 *const pairs[ROWS / 2] = {
        &band->bytes[pair % band->pairs * band->stride], &band->bytes[(pair + 1) % band->pairs * band->stride]
    };
    (across->is_by_fours ? across_by_fours : across_by_pairs)(pairs, rows, across);
}

/* Write a row of the result. */
static void
resample_down(UINT32 *out, int width, const Column *column) {
    const __m256i half = _mm256_set1_epi32(1 << (column->precision - 1)), zero = _mm256_setzero_si256();
    const __m128i precision = _mm_cvtsi32_si128(column->precision);
    for (int x = 0; x < width; x += COLUMNS) {
        __m256i sums[4] = {half, half, half, half}; /* of the pixels 0 and 2, 1 and 3, 4 and 6, 5 and 7 */
        for (int n = 0; n < column->count; n++) {
            const __m256i *pair = (const __m256i *)&column->pairs[n][x * 8];
            __m256i two = _mm256_broadcastd_epi32(_mm_loadu_si32(&column->coefficients[n * 2]));
            __m256i four = _mm256_load_si256(pair), next = _mm256_load_si256(pair + 1);
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(_mm256_unpacklo_epi8(four, zero), two));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(_mm256_unpackhi_epi8(four, zero), two));
            sums[2] = _mm256_add_epi32(sums[2], _mm256_madd_epi16(_mm256_unpacklo_epi8(next, zero), two));
            sums[3] = _mm256_add_epi32(sums[3], _mm256_madd_epi16(_mm256_unpackhi_epi8(next, zero), two));
        }
        __m256i low = _mm256_packs_epi32(_mm256_sra_epi32(sums[0], precision), _mm256_sra_epi32(sums[1], precision));
        __m256i high = _mm256_packs_epi32(_mm256_sra_epi32(sums[2], precision), _mm256_sra_epi32(sums[3], precision));
        __m256i bytes = _mm256_permute4x64_epi64(_mm256_packus_epi16(low, high), 0xd8);
        if (width - x >= COLUMNS) {
            _mm256_storeu_si256((__m256i *)&out[x], bytes);
        } else {
            UINT32 end[COLUMNS];
            _mm256_storeu_si256((__m256i *)end, bytes);
            memcpy(&out[x], end, (width - x) * sizeof(UINT32));
        }
    }
}

/* The number of row pairs for a row of the result, and the first pair, if the band begins with the source's row `base`. */
static int
count_pairs(const int *bounds, int y, int base, int *pair) {
    int first = bounds[y * 2] - base;
    *pair = first / 2;
    return (first % 2 + bounds[y * 2 + 1] + 1) / 2;
}

/* A resampling in progress: `filled` pairs were added to the band since row `base` of the source, and `made` rows of the
   result are complete. */
typedef struct {
    Across across;
    Band band;
    Column column;
    Imaging out;
    INT16 *kk;
    const int *bounds;
    int kmax, base, filled, made;
} Resampling;

/* Bounds and coefficients as Pillow computes them. */
typedef struct {
    int kmax;
    int *bounds;
    double *kk;
} Taps;

static void
end_resampling(Resampling *resampling) {
    free(resampling->band.bytes);
    free(resampling->column.pairs);
    free(resampling->column.coefficients);
    free(resampling->kk);
    free_across(&resampling->across);
}

/* Begin a resampling to `width` by `height` pixels of four bytes, from rows of `source_width`; return 0 to leave it to
   Pillow. The bounds must stay valid until the end. */
static int
begin_resampling(
    Resampling *resampling, ModeID mode, int source_width, int width, int height, const Taps *across, const Taps *down
) {
    *resampling = (Resampling){.bounds = down->bounds, .kmax = down->kmax, .base = down->bounds[0]};
    if (!lay_out(&resampling->across, source_width, width, across->bounds, across->kk, across->kmax)) {
        return 0;
    }
    int pair, most = 1;
    for (int y = 0; y < height; y++) {
        int count = count_pairs(down->bounds, y, resampling->base, &pair);
        most = count > most ? count : most;
    }
    Band *band = &resampling->band;
    Column *column = &resampling->column;
    band->pairs = most + 1; /* two are filled at once, so one is filled in advance */
    band->stride = (size_t)round_up(width, COLUMNS) * 8;
    band->bytes = aligned_alloc(sizeof(__m256i), band->stride * band->pairs);
    column->pairs = malloc(most * sizeof(UINT8 *));
    column->coefficients = malloc(most * 2 * sizeof(INT16));
    resampling->kk = to_integers(down->kk, height, down->kmax, &column->precision);
    if (band->bytes && column->pairs && column->coefficients && resampling->kk) {
        memset(band->bytes, 0, band->stride * band->pairs); /* bytes beyond the width are read, and discarded */
        resampling->out = ImagingNewDirty(mode, width, height);
    }
    if (!resampling->out) {
        PyErr_Clear(); /* Pillow then resamples it itself */
        end_resampling(resampling);
    }
    return resampling->out != NULL;
}

static void
make_row(Resampling *resampling, int pair, int count) {
    const Band *band = &resampling->band;
    Column *column = &resampling->column;
    int y = resampling->made++;
    column->count = count;
    for (int n = 0; n < count; n++) {
        column->pairs[n] = &band->bytes[(pair + n) % band->pairs * band->stride];
    }
    memset(column->coefficients, 0, count * 2 * sizeof(INT16));
    memcpy(
        &column->coefficients[(resampling->bounds[y * 2] - resampling->base) % 2],
        &resampling->kk[(size_t)y * resampling->kmax], resampling->bounds[y * 2 + 1] * sizeof(INT16)
    );
    resample_down((UINT32 *)resampling->out->image32[y], resampling->out->xsize, column);
}

/* Write all rows of the result that the first `rows` of the source allow. Only the last ROWS of those are read. */
static void
resample_more(Resampling *resampling, Imaging source, int rows) {
    while (resampling->made < resampling->out->ysize) {
        int pair, count = count_pairs(resampling->bounds, resampling->made, resampling->base, &pair);
        if (pair + count <= resampling->filled) {
            make_row(resampling, pair, count);
            continue;
        }
        int y = resampling->base + resampling->filled * 2;
        if (y + ROWS > rows && rows < source->ysize) {
            return;
        }
        fill_band(&resampling->band, resampling->filled, source, y, &resampling->across);
        resampling->filled += ROWS / 2;
    }
}

/* Resample an image; return NULL, with nothing done, to leave it to Pillow. */
static Imaging
resample_bands(Imaging source, int width, int height, const Taps *across, const Taps *down) {
    Resampling resampling;
    if (source->image8 || !begin_resampling(&resampling, source->mode, source->xsize, width, height, across, down)) {
        return NULL;
    }
    ImagingSectionCookie cookie;
    ImagingSectionEnter(&cookie);
    resample_more(&resampling, source, source->ysize);
    ImagingSectionLeave(&cookie);
    end_resampling(&resampling);
    return resampling.out;
}

/* The sieve: the buffer of an image that is resampled while it is decoded. It has ROWS rows, which are reused. */
typedef struct {
    Resampling resampling;
    int *bounds;
    INT32 *rows;
} Sieve;

static void
destroy_sieve(Imaging im) {
    Sieve *sieve = im->sieve;
    if (sieve) {
        ImagingDelete(sieve->resampling.out);
        end_resampling(&sieve->resampling);
        free(sieve->bounds);
        free(sieve->rows);
        free(sieve);
        im->sieve = NULL;
    }
}

/* Return an image for a decoder to write to, which resamples the `box` to `width` by `height` pixels by Lanczos. NULL
   without an exception means that the image must be decoded first. */
Imaging
ImagingNewSieve(ModeID mode, int xsize, int ysize, int width, int height, float box[4]) {
    int is_across = width != xsize || box[0] || box[2] != width, is_down = height != ysize || box[1] || box[3] != height;
    Imaging im = ImagingNewPrologue(mode, xsize, ysize);
    if (!im || im->type != IMAGING_TYPE_UINT8 || !im->image32 || !is_across || !is_down) {
        ImagingDelete(im);
        return NULL;
    }
    Taps across = {0}, down = {0};
    Sieve *sieve = calloc(1, sizeof(Sieve));
    across.kmax = precompute_coeffs(xsize, box[0], box[2], width, &LANCZOS, &across.bounds, &across.kk);
    down.kmax = precompute_coeffs(ysize, box[1], box[3], height, &LANCZOS, &down.bounds, &down.kk);
    INT32 *rows = calloc((size_t)ROWS * xsize, sizeof(INT32));
    int is_begun = sieve && rows && across.kmax && down.kmax &&
                   begin_resampling(&sieve->resampling, mode, xsize, width, height, &across, &down);
    free(across.bounds);
    free(across.kk);
    free(down.kk);
    if (!is_begun) {
        PyErr_Clear();
        free(down.bounds);
        free(rows);
        free(sieve);
        ImagingDelete(im);
        return NULL;
    }
    sieve->bounds = down.bounds;
    sieve->rows = rows;
    for (int y = 0; y < ysize; y++) {
        im->image32[y] = &rows[(size_t)(y % ROWS) * xsize];
    }
    im->sieve = sieve;
    im->destroy = destroy_sieve;
    return im;
}

/* Row `y` of the image is complete, and so are all above it. */
void
ImagingSieveRow(Imaging im, int y) {
    Sieve *sieve = im->sieve;
    if (sieve->resampling.out) {
        resample_more(&sieve->resampling, im, y + 1);
    }
}

/* Return the result, once; NULL without an exception if it is incomplete. */
Imaging
ImagingSieveTake(Imaging im) {
    Sieve *sieve = im->sieve;
    Imaging out = sieve ? sieve->resampling.out : NULL;
    if (!out || sieve->resampling.made < out->ysize) {
        return NULL;
    }
    sieve->resampling.out = NULL;
    return out;
}
