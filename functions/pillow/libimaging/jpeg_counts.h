/* Counts symbols for optimised Huffman tables (ITU-T T.81, K.2), instead of libjpeg. libjpeg visits all 63 places of a
   block, most of which are zero; here only the others are visited. The counts are the same.

   The counter is a libjpeg module, by the internal interface that Debian installs as jpegint.h. It replaces the encoder
   until the tables are made.

   build-pillow includes it in Pillow-SIMD's JpegEncode.c. */

#include "jerror.h"
#include "jpegint.h"

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

/* The maximum of bits of a coefficient, for eight-bit samples (table F.2). */
#define LARGEST_SIZE 10
#define SYMBOLS (256 + 1) /* the last one is reserved by libjpeg */
#define SIXTEEN_ZEROS 0xF0

/* libjpeg exports it, but does not declare it in a public header. */
extern void
jpeg_gen_optimal_table(j_compress_ptr cinfo, JHUFF_TBL *table, long counts[]);

typedef struct {
    struct jpeg_entropy_encoder pub;
    struct jpeg_entropy_encoder *encoder;
    long dc[NUM_HUFF_TBLS][SYMBOLS], ac[NUM_HUFF_TBLS][SYMBOLS];
    int predictions[MAX_COMPS_IN_SCAN];
    unsigned int until_restart;
    uint8_t places[DCTSIZE2]; /* in the zigzag, by the place in a block */
} Counter;

/* The number of bits of an absolute value (F.1.2.1). */
static inline int
count_bits(int number) {
    return number ? 32 - __builtin_clz(number < 0 ? -number : number) : 0;
}

/* A bit for each coefficient that is not zero. */
static inline uint64_t
find_coefficients(const JCOEF *block) {
    const __m256i *rows = (const __m256i *)block;
    uint64_t zeros = 0;
    for (int i = 0; i < 4; i += 2) {
        __m256i one = _mm256_cmpeq_epi16(_mm256_loadu_si256(rows + i), _mm256_setzero_si256());
        __m256i other = _mm256_cmpeq_epi16(_mm256_loadu_si256(rows + i + 1), _mm256_setzero_si256());
        __m256i both = _mm256_permute4x64_epi64(_mm256_packs_epi16(one, other), 0xD8);
        zeros |= (uint64_t)(uint32_t)_mm256_movemask_epi8(both) << (16 * i);
    }
    return ~zeros;
}

static inline void
count_coefficients(j_compress_ptr cinfo, const uint8_t *places, const JCOEF *block, long *counts) {
    uint8_t sizes[DCTSIZE2];
    uint64_t zigzag = 0;
    int last = 0;
    for (uint64_t rest = find_coefficients(block) & ~(uint64_t)1; rest; rest &= rest - 1) {
        int i = __builtin_ctzll(rest), size = count_bits(block[i]);
        if (size > LARGEST_SIZE) {
            ERREXIT(cinfo, JERR_BAD_DCT_COEF);
        }
        sizes[places[i]] = size;
        zigzag |= (uint64_t)1 << places[i];
    }
    for (; zigzag; zigzag &= zigzag - 1) {
        int place = __builtin_ctzll(zigzag), zeros = place - last - 1;
        counts[SIXTEEN_ZEROS] += zeros / 16;
        counts[zeros % 16 << 4 | sizes[place]]++;
        last = place;
    }
    counts[0] += last < DCTSIZE2 - 1; /* the end of the block */
}

METHODDEF(boolean)
count_mcu(j_compress_ptr cinfo, JBLOCKROW *blocks) {
    Counter *counter = (Counter *)cinfo->entropy;
    if (cinfo->restart_interval && counter->until_restart-- == 0) {
        memset(counter->predictions, 0, sizeof(counter->predictions));
        counter->until_restart = cinfo->restart_interval - 1;
    }
    for (int i = 0; i < cinfo->blocks_in_MCU; i++) {
        int component = cinfo->MCU_membership[i], size;
        const jpeg_component_info *info = cinfo->cur_comp_info[component];
        const JCOEF *block = blocks[i][0];
        size = count_bits(block[0] - counter->predictions[component]);
        if (size > LARGEST_SIZE + 1) {
            ERREXIT(cinfo, JERR_BAD_DCT_COEF);
        }
        counter->dc[info->dc_tbl_no][size]++;
        counter->predictions[component] = block[0];
        count_coefficients(cinfo, counter->places, block, counter->ac[info->ac_tbl_no]);
    }
    return TRUE;
}

static void
make_huffman_table(j_compress_ptr cinfo, JHUFF_TBL **table, long *counts) {
    if (!*table) {
        *table = jpeg_alloc_huff_table((j_common_ptr)cinfo);
    }
    jpeg_gen_optimal_table(cinfo, *table, counts);
}

METHODDEF(void)
finish_counting(j_compress_ptr cinfo) {
    Counter *counter = (Counter *)cinfo->entropy;
    int is_used[2][NUM_HUFF_TBLS] = {0};
    for (int i = 0; i < cinfo->comps_in_scan; i++) {
        is_used[0][cinfo->cur_comp_info[i]->dc_tbl_no] = 1;
        is_used[1][cinfo->cur_comp_info[i]->ac_tbl_no] = 1;
    }
    for (int i = 0; i < NUM_HUFF_TBLS; i++) {
        if (is_used[0][i]) {
            make_huffman_table(cinfo, &cinfo->dc_huff_tbl_ptrs[i], counter->dc[i]);
        }
        if (is_used[1][i]) {
            make_huffman_table(cinfo, &cinfo->ac_huff_tbl_ptrs[i], counter->ac[i]);
        }
    }
    cinfo->entropy = counter->encoder;
}

/* Replace the counter of a JPEG whose compression has started, if its symbols are counted in one pass. */
static void
take_over_counting(j_compress_ptr cinfo) {
    if (!cinfo->optimize_coding || cinfo->progressive_mode || cinfo->arith_code || cinfo->num_scans != 1) {
        return;
    }
    Counter *counter = cinfo->mem->alloc_large((j_common_ptr)cinfo, JPOOL_IMAGE, sizeof(Counter));
    memset(counter, 0, sizeof(Counter));
    counter->encoder = cinfo->entropy;
    counter->pub.encode_mcu = count_mcu; /* start_pass has run; the next call of it is the encoder's */
    counter->pub.finish_pass = finish_counting;
    counter->until_restart = cinfo->restart_interval;
    for (int i = 0; i < DCTSIZE2; i++) {
        counter->places[jpeg_natural_order[i]] = i;
    }
    cinfo->entropy = &counter->pub;
}
