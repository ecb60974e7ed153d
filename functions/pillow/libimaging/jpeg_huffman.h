/* Huffman decoding of baseline JPEGs (ITU-T T.81, F.2.2) instead of libjpeg's, which takes more than half of the time of
   a reduction. One table look-up ("look") decodes up to two coefficients, the zeros before them and the end of the block;
   where coefficients are not needed, as at an eighth of the size, it skips as many as the look contains.

   The output is identical to libjpeg's, also for damaged files. An MCU is decoded by the fast path if all its bytes are
   available and no marker is near. Otherwise the fast path leaves everything unchanged, and the careful path decodes it bit
   by bit.

   libjpeg has checked the code tables before, and has begun the only scan. The decoder is a libjpeg module, by the internal
   interface that Debian installs as jpegint.h.

   build-pillow includes it in Pillow-SIMD's JpegDecode.c. */

#include "jerror.h"
#include "jpegint.h"

#include <stdint.h>
#include <string.h>

/* Bits of a look, and of one that decodes coefficients: larger tables exceed the L1 cache. */
#define LOOK 12
#define VALUE_LOOK 11
#define LONGEST_CODE 16
/* Bits of the longest code (or of what libjpeg accepts as one) with its coefficient. */
#define ENOUGH 32

/* The first code of a look; `length` is 0 if the code is longer than the look. */
typedef struct {
    uint8_t length, symbol;
} Code;

/* The DC difference in a look; `length` is 0 if the look does not contain all of it. */
typedef struct {
    int16_t value;
    uint8_t length;
} Difference;

/* The one or two coefficients in a look: the steps in the zigzag and the value of each. A single coefficient is repeated as
   the second one. `ends` marks the end of the block. */
typedef struct {
    int16_t values[2];
    uint8_t steps[2], length, ends;
} Pair;

/* The number of places that all coefficients in a look take, for skipping them. */
typedef struct {
    uint8_t places, length, ends;
} Several;

typedef struct {
    Code codes[1 << LOOK];
    int last[LONGEST_CODE + 1];   /* for each length the last code, or -1 */
    int offset[LONGEST_CODE + 1]; /* added to a code, the index of its symbol */
    const UINT8 *symbols;
    Difference *differences;
    Pair *pairs;
    Several *several;
} Table;

/* The next bits are the highest `left` ones of `bits`; lower ones are the bits that follow, or 0. */
typedef struct {
    uint64_t bits;
    int left;
    const JOCTET *next;
    size_t bytes;
} Reader;

/* A block of the MCU, and whether more than its DC is needed: AC is skipped otherwise. */
typedef struct {
    Table *dc, *ac;
    int component, has_ac;
} Block;

typedef struct {
    struct jpeg_entropy_decoder pub;
    Reader reader;
    int predictions[MAX_COMPS_IN_SCAN];
    unsigned int until_restart;
    Block blocks[D_MAX_BLOCKS_IN_MCU];
} Huffman;

static inline int
peek(const Reader *reader, int bits) {
    return reader->bits >> (64 - bits);
}

static inline int
take(Reader *reader, int bits) {
    int taken = peek(reader, bits);
    reader->bits <<= bits;
    reader->left -= bits;
    return taken;
}

/* The coefficient in that number of bits (F.2.2.1): the lower half of their range is negative. */
static inline int
extend(int written, int bits) {
    return written < 1 << (bits - 1) ? written - (1 << bits) + 1 : written;
}

static inline int
is_end(int symbol) {
    return (symbol & 15) == 0 && symbol >> 4 != 15;
}

static Table *
make_table(j_decompress_ptr cinfo, const JHUFF_TBL *described) {
    Table *table = cinfo->mem->alloc_large((j_common_ptr)cinfo, JPOOL_IMAGE, sizeof(Table));
    int code = 0, number = 0;
    memset(table, 0, sizeof(Table));
    table->symbols = described->huffval;
    for (int length = 1; length <= LONGEST_CODE; length++, code <<= 1) {
        table->offset[length] = number - code;
        for (int i = 0; i < described->bits[length]; i++, code++, number++) {
            for (int rest = 0; length <= LOOK && rest < 1 << (LOOK - length); rest++) {
                table->codes[(code << (LOOK - length)) + rest] = (Code){length, described->huffval[number]};
            }
        }
        table->last[length] = described->bits[length] ? code - 1 : -1;
    }
    return table;
}

/* The code in a look after its first bits, or one of length 0 if the look does not contain all of the code and of its
   coefficient. */
static Code
see(const Table *table, int look, int bits, int behind) {
    Code code = table->codes[(look << behind & ((1 << bits) - 1)) << (LOOK - bits)];
    return behind + code.length + (code.symbol & 15) <= bits ? code : (Code){0};
}

/* The number in the bits of a look before `end`. */
static int
read_value(int look, int end, int size) {
    return size ? extend(look >> (VALUE_LOOK - end) & ((1 << size) - 1), size) : 0;
}

static void
add_differences(j_decompress_ptr cinfo, Table *table) {
    table->differences = cinfo->mem->alloc_large((j_common_ptr)cinfo, JPOOL_IMAGE, sizeof(Difference) << VALUE_LOOK);
    for (int look = 0; look < 1 << VALUE_LOOK; look++) {
        Code code = see(table, look, VALUE_LOOK, 0);
        int length = code.length + code.symbol;
        table->differences[look] = (Difference){read_value(look, length, code.symbol), length};
    }
}

static void
add_pairs(j_decompress_ptr cinfo, Table *table) {
    table->pairs = cinfo->mem->alloc_large((j_common_ptr)cinfo, JPOOL_IMAGE, sizeof(Pair) << VALUE_LOOK);
    for (int look = 0; look < 1 << VALUE_LOOK; look++) {
        Pair pair = {0};
        for (int i = 0; i < 3; i++) {
            Code code = see(table, look, VALUE_LOOK, pair.length);
            int size = code.symbol & 15, end = pair.length + code.length + size;
            if (!code.length || (i == 2 && !is_end(code.symbol))) {
                break;
            }
            pair.length = end;
            if (is_end(code.symbol)) {
                pair.ends = 1;
                break;
            }
            pair.steps[i] = (code.symbol >> 4) + i;
            pair.values[i] = pair.values[1] = read_value(look, end, size);
        }
        table->pairs[look] = pair;
    }
}

static void
add_several(j_decompress_ptr cinfo, Table *table) {
    table->several = cinfo->mem->alloc_large((j_common_ptr)cinfo, JPOOL_IMAGE, sizeof(Several) << LOOK);
    for (int look = 0; look < 1 << LOOK; look++) {
        Several several = {0};
        while (!several.ends) {
            Code code = see(table, look, LOOK, several.length);
            if (!code.length) {
                break;
            }
            several.length += code.length + (code.symbol & 15);
            several.ends = is_end(code.symbol);
            several.places += several.ends ? 0 : (code.symbol >> 4) + 1;
        }
        table->several[look] = several;
    }
}

/* Read bytes until there are ENOUGH bits; return 0 if a byte may be missing, or at a marker. */
static inline int
refill(Reader *reader) {
    uint64_t word;
    if (reader->left >= ENOUGH) {
        return 1;
    }
    if (reader->bytes < sizeof(word)) {
        return 0;
    }
    memcpy(&word, reader->next, sizeof(word));
    if ((~word - 0x0101010101010101) & word & 0x8080808080808080) { /* one of the bytes is 0xFF */
        reader->bits &= ~(UINT64_MAX >> reader->left);
        for (; reader->left < ENOUGH; reader->left += 8) {
            int is_stuffed = *reader->next == 0xFF; /* at most four bytes are needed, which are available */
            if (is_stuffed && reader->next[1] != 0) {
                return 0;
            }
            reader->bits |= (uint64_t)*reader->next << (56 - reader->left);
            reader->next += 1 + is_stuffed;
            reader->bytes -= 1 + is_stuffed;
        }
        return 1;
    }
    int bytes = (63 - reader->left) / 8;
    reader->bits |= __builtin_bswap64(word) >> reader->left;
    reader->left += 8 * bytes;
    reader->next += bytes;
    reader->bytes -= bytes;
    return 1;
}

/* For an invalid code libjpeg consumes 17 bits and returns 0. */
static int
find_longer(const Table *table, uint64_t bits, int *symbol) {
    for (int length = LOOK + 1; length <= LONGEST_CODE; length++) {
        int code = bits >> (64 - length);
        if (code <= table->last[length]) {
            *symbol = table->symbols[(code + table->offset[length]) & 0xFF];
            return length;
        }
    }
    *symbol = 0;
    return LONGEST_CODE + 1;
}

static inline int
take_symbol(Reader *reader, const Table *table) {
    Code code = table->codes[peek(reader, LOOK)];
    int symbol = code.symbol, length = code.length;
    if (!length) {
        length = find_longer(table, reader->bits, &symbol);
    }
    take(reader, length);
    return symbol;
}

static inline int
take_difference(Reader *reader, const Table *table) {
    Difference difference = table->differences[peek(reader, VALUE_LOOK)];
    if (difference.length) {
        take(reader, difference.length);
        return difference.value;
    }
    int size = take_symbol(reader, table);
    return size ? extend(take(reader, size), size) : 0;
}

/* Damaged runs reach beyond the block: libjpeg's zigzag order has 16 more entries, all for the last place. */
static inline int
decode_places_quickly(Reader *reader, const Table *table, JCOEF *block) {
    for (int place = 1; place < DCTSIZE2; place++) {
        if (!refill(reader)) {
            return 0;
        }
        const Pair *pair = &table->pairs[peek(reader, VALUE_LOOK)];
        int first = place + pair->steps[0], second = first + pair->steps[1];
        if (pair->length && second + pair->ends < DCTSIZE2) {
            take(reader, pair->length);
            block[jpeg_natural_order[first]] = pair->values[0];
            block[jpeg_natural_order[second]] = pair->values[1];
            if (pair->ends) {
                break;
            }
            place = second;
            continue;
        }
        int symbol = take_symbol(reader, table), size = symbol & 15;
        if (is_end(symbol)) {
            break;
        }
        place += symbol >> 4;
        if (size) {
            block[jpeg_natural_order[place]] = extend(take(reader, size), size);
        }
    }
    return 1;
}

static inline int
skip_places_quickly(Reader *reader, const Table *table) {
    for (int place = 1; place < DCTSIZE2;) {
        if (!refill(reader)) {
            return 0;
        }
        const Several *several = &table->several[peek(reader, LOOK)];
        if (several->length && place + several->places + several->ends <= DCTSIZE2) {
            take(reader, several->length);
            if (several->ends) {
                break;
            }
            place += several->places;
            continue;
        }
        int symbol = take_symbol(reader, table), size = symbol & 15;
        if (is_end(symbol)) {
            break;
        }
        place += (symbol >> 4) + 1;
        if (size) {
            take(reader, size);
        }
    }
    return 1;
}

/* Decode an MCU by the fast path, or return 0 and leave everything unchanged. */
__attribute__((target("bmi2"))) static int
decode_quickly(const j_decompress_ptr cinfo, Huffman *huffman, JBLOCKROW *blocks) {
    Reader reader = huffman->reader;
    int predictions[MAX_COMPS_IN_SCAN];
    memcpy(predictions, huffman->predictions, sizeof(predictions));
    for (int i = 0; i < cinfo->blocks_in_MCU; i++) {
        const Block *block = &huffman->blocks[i];
        if (!refill(&reader)) {
            return 0;
        }
        predictions[block->component] += (unsigned int)take_difference(&reader, block->dc);
        blocks[i][0][0] = predictions[block->component];
        int is_done = block->has_ac ? decode_places_quickly(&reader, block->ac, blocks[i][0])
                                    : skip_places_quickly(&reader, block->ac);
        if (!is_done) {
            return 0;
        }
    }
    huffman->reader = reader;
    memcpy(huffman->predictions, predictions, sizeof(predictions));
    return 1;
}

/* Ensure that number of bits; after a marker they are zeros. Return 0 if more bytes are needed first. */
static int
have(j_decompress_ptr cinfo, Reader *reader, int bits) {
    while (reader->left < bits) {
        int byte = 0;
        size_t read = 0;
        if (cinfo->unread_marker) {
            if (!cinfo->entropy->insufficient_data) {
                WARNMS(cinfo, JWRN_HIT_MARKER);
                cinfo->entropy->insufficient_data = TRUE;
            }
            reader->left = ENOUGH;
            break;
        }
        /* 0xFF is followed by 0, or begins a marker, before which it may be repeated. */
        do {
            if (read == reader->bytes) {
                return 0;
            }
            byte = reader->next[read++];
        } while (byte == 0xFF);
        reader->next += read;
        reader->bytes -= read;
        if (read > 1 && byte != 0) {
            cinfo->unread_marker = byte;
            continue;
        }
        reader->bits |= (uint64_t)(read > 1 ? 0xFF : byte) << (56 - reader->left);
        reader->left += 8;
    }
    return 1;
}

/* The next symbol, or -1 if more bytes are needed first. */
static int
find_symbol(j_decompress_ptr cinfo, Reader *reader, const Table *table) {
    for (int length = 1, code = 0; length <= LONGEST_CODE + 1; length++) {
        if (!have(cinfo, reader, 1)) {
            return -1;
        }
        code = 2 * code + take(reader, 1);
        if (length <= LONGEST_CODE && code <= table->last[length]) {
            return table->symbols[(code + table->offset[length]) & 0xFF];
        }
    }
    WARNMS(cinfo, JWRN_HUFF_BAD_CODE);
    return 0;
}

static int
decode_places(j_decompress_ptr cinfo, Reader *reader, const Table *table, JCOEF *block) {
    for (int place = 1; place < DCTSIZE2; place++) {
        int symbol = find_symbol(cinfo, reader, table), size = symbol & 15;
        if (symbol < 0 || !have(cinfo, reader, size)) {
            return 0;
        }
        if (is_end(symbol)) {
            break;
        }
        place += symbol >> 4;
        if (size) {
            int value = extend(take(reader, size), size);
            if (block) {
                block[jpeg_natural_order[place]] = value;
            }
        }
    }
    return 1;
}

/* Decode an MCU by the careful path, or return 0 and leave everything unchanged if more bytes are needed first. */
static int
decode_with_care(j_decompress_ptr cinfo, Huffman *huffman, JBLOCKROW *blocks) {
    Reader reader = huffman->reader;
    int predictions[MAX_COMPS_IN_SCAN];
    memcpy(predictions, huffman->predictions, sizeof(predictions));
    reader.bits &= ~(UINT64_MAX >> reader.left);
    for (int i = 0; i < cinfo->blocks_in_MCU; i++) {
        const Block *block = &huffman->blocks[i];
        int size = find_symbol(cinfo, &reader, block->dc);
        if (size < 0 || !have(cinfo, &reader, size)) {
            return 0;
        }
        predictions[block->component] += size ? (unsigned int)extend(take(&reader, size), size) : 0;
        blocks[i][0][0] = predictions[block->component];
        if (!decode_places(cinfo, &reader, block->ac, block->has_ac ? blocks[i][0] : NULL)) {
            return 0;
        }
    }
    huffman->reader = reader;
    memcpy(huffman->predictions, predictions, sizeof(predictions));
    return 1;
}

static int
restart(j_decompress_ptr cinfo, Huffman *huffman) {
    huffman->reader.left = 0;
    huffman->reader.bits = 0;
    if (!cinfo->marker->read_restart_marker(cinfo)) {
        return 0;
    }
    memset(huffman->predictions, 0, sizeof(huffman->predictions));
    huffman->until_restart = cinfo->restart_interval;
    if (!cinfo->unread_marker) { /* else a marker follows, and there is no more data */
        huffman->pub.insufficient_data = FALSE;
    }
    return 1;
}

METHODDEF(boolean)
decode_mcu(j_decompress_ptr cinfo, JBLOCKROW *blocks) {
    Huffman *huffman = (Huffman *)cinfo->entropy;
    if (cinfo->restart_interval && huffman->until_restart == 0 && !restart(cinfo, huffman)) {
        return FALSE;
    }
    if (!huffman->pub.insufficient_data) { /* else the blocks stay zero */
        huffman->reader.next = cinfo->src->next_input_byte;
        huffman->reader.bytes = cinfo->src->bytes_in_buffer;
        int is_done = !cinfo->unread_marker && decode_quickly(cinfo, huffman, blocks);
        if (!is_done && !decode_with_care(cinfo, huffman, blocks)) {
            return FALSE;
        }
        cinfo->src->next_input_byte = huffman->reader.next;
        cinfo->src->bytes_in_buffer = huffman->reader.bytes;
    }
    huffman->until_restart--;
    return TRUE;
}

/* Replace the decoder of a JPEG whose decompression has started, if it is a baseline one. All of its lines must be read:
   jpeg_skip_scanlines does not decode blocks. Lossless JPEGs, which libjpeg-turbo 3 reads, are excluded: their Ss is
   never 0. */
static void
take_over_huffman(j_decompress_ptr cinfo) {
    Table *dc[NUM_HUFF_TBLS] = {0}, *ac[NUM_HUFF_TBLS] = {0};
    if (cinfo->progressive_mode || cinfo->arith_code || cinfo->inputctl->has_multiple_scans || cinfo->Ss != 0 ||
        cinfo->Se != DCTSIZE2 - 1 || cinfo->Ah != 0 || cinfo->Al != 0 || cinfo->data_precision != 8 ||
        !__builtin_cpu_supports("bmi2")) {
        return;
    }
    Huffman *huffman = cinfo->mem->alloc_small((j_common_ptr)cinfo, JPOOL_IMAGE, sizeof(Huffman));
    memset(huffman, 0, sizeof(Huffman));
    huffman->pub = *cinfo->entropy;
    huffman->pub.start_pass = NULL; /* libjpeg's would write into its own structure */
    huffman->pub.decode_mcu = decode_mcu;
    huffman->until_restart = cinfo->restart_interval;
    for (int i = 0; i < cinfo->blocks_in_MCU; i++) {
        int component = cinfo->MCU_membership[i];
        const jpeg_component_info *info = cinfo->cur_comp_info[component];
        int has_ac = info->component_needed && info->DCT_scaled_size > 1;
        Table **dc_table = &dc[info->dc_tbl_no], **ac_table = &ac[info->ac_tbl_no];
        if (!*dc_table) {
            *dc_table = make_table(cinfo, cinfo->dc_huff_tbl_ptrs[info->dc_tbl_no]);
            add_differences(cinfo, *dc_table);
        }
        if (!*ac_table) {
            *ac_table = make_table(cinfo, cinfo->ac_huff_tbl_ptrs[info->ac_tbl_no]);
        }
        if (has_ac && !(*ac_table)->pairs) {
            add_pairs(cinfo, *ac_table);
        }
        if (!has_ac && !(*ac_table)->several) {
            add_several(cinfo, *ac_table);
        }
        huffman->blocks[i] = (Block){*dc_table, *ac_table, component, has_ac};
    }
    cinfo->entropy = &huffman->pub;
}
