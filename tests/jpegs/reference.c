/* Decodes JPEGs by libjpeg alone, fed as Pillow feeds it, for tests to compare Pillow with.

   Standard input brings requests, each followed by its file, and standard output takes answers, each followed by its
   pixels. Numbers are 32-bit and of this machine. */

#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

enum { GREY, RGBX, YCBCR, INVERTED_CMYK };
static const J_COLOR_SPACE SPACES[] = {JCS_GRAYSCALE, JCS_EXT_RGBX, JCS_YCbCr, JCS_CMYK};
static const int CHANNELS[] = {1, 4, 3, 4};

typedef struct {
    uint32_t bytes;       /* of the file */
    uint32_t piece;       /* how many of them libjpeg is given at a time */
    uint32_t width, lines; /* of the pixels that are wanted */
    uint32_t scale;       /* 1, 2, 4 or 8 */
    uint32_t is_draft;    /* plain upsampling and the fastest DCT */
    uint32_t colour;
} Request;

enum { ENDED, BROKEN, TRUNCATED };

typedef struct {
    uint32_t outcome;
    uint32_t lines; /* that were decoded; those after them are zeros */
    uint32_t warnings;
    uint32_t shortfalls; /* those of bits that libjpeg made up, because a marker came too early */
} Answer;

typedef struct {
    struct jpeg_decompress_struct jpeg; /* first, so that libjpeg's pointer is one to the whole */
    struct jpeg_source_mgr source;
    struct jpeg_error_mgr errors;
    jmp_buf refused;
    size_t to_skip; /* of what has not been read yet */
    enum { HEADER, START, LINES, END } stage;
    Request request;
    Answer answer;
    uint8_t *file, *pixels, *line;
} Decoder;

static void
refuse(j_common_ptr jpeg) {
    longjmp(((Decoder *)jpeg)->refused, 1);
}

static void
count_message(j_common_ptr jpeg, int level) {
    Answer *answer = &((Decoder *)jpeg)->answer;
    answer->warnings += level < 0;
    answer->shortfalls += level < 0 && jpeg->err->msg_code == JWRN_HIT_MARKER;
}

static void
do_nothing(j_decompress_ptr jpeg) {
    (void)jpeg;
}

static boolean
wait_for_more(j_decompress_ptr jpeg) {
    (void)jpeg;
    return FALSE;
}

static void
skip(j_decompress_ptr jpeg, long count) {
    Decoder *decoder = (Decoder *)jpeg;
    size_t wanted = count > 0 ? (size_t)count : 0;
    size_t here = wanted < decoder->source.bytes_in_buffer ? wanted : decoder->source.bytes_in_buffer;
    decoder->source.next_input_byte += here;
    decoder->source.bytes_in_buffer -= here;
    decoder->to_skip = wanted - here;
}

static void
begin(Decoder *decoder) {
    decoder->jpeg.err = jpeg_std_error(&decoder->errors);
    decoder->errors.error_exit = refuse;
    decoder->errors.emit_message = count_message;
    decoder->source = (struct jpeg_source_mgr){
        .init_source = do_nothing,
        .fill_input_buffer = wait_for_more,
        .skip_input_data = skip,
        .resync_to_restart = jpeg_resync_to_restart,
        .term_source = do_nothing,
    };
    decoder->to_skip = 0;
    decoder->stage = HEADER;
    jpeg_create_decompress(&decoder->jpeg);
    decoder->jpeg.src = &decoder->source;
}

static void
configure(Decoder *decoder) {
    const Request *request = &decoder->request;
    decoder->jpeg.out_color_space = SPACES[request->colour];
    if (request->scale > 1) {
        decoder->jpeg.scale_num = 1;
        decoder->jpeg.scale_denom = request->scale;
    }
    if (request->is_draft) {
        decoder->jpeg.do_fancy_upsampling = FALSE;
        decoder->jpeg.dct_method = JDCT_FASTEST;
    }
}

/* libjpeg's line may be longer than the one that is wanted, or shorter, where the header says something else to Pillow. */
static uint8_t *
make_line(const Decoder *decoder) {
    size_t own = (size_t)decoder->jpeg.output_width * decoder->jpeg.output_components;
    size_t wanted = (size_t)decoder->request.width * CHANNELS[decoder->request.colour];
    return calloc(1, own > wanted ? own : wanted);
}

static void
keep_line(Decoder *decoder) {
    size_t size = (size_t)decoder->request.width * CHANNELS[decoder->request.colour];
    uint8_t *to = decoder->pixels + size * decoder->answer.lines;
    uint8_t inversion = decoder->request.colour == INVERTED_CMYK ? 0xFF : 0;
    for (size_t at = 0; at < size; at++) {
        to[at] = decoder->line[at] ^ inversion;
    }
    decoder->answer.lines++;
}

/* Decodes as far as what is in the buffer reaches; 1 at the end. */
static int
advance(Decoder *decoder) {
    j_decompress_ptr jpeg = &decoder->jpeg;
    if (decoder->stage == HEADER) {
        int found;
        do {
            found = jpeg_read_header(jpeg, FALSE);
        } while (found == JPEG_HEADER_TABLES_ONLY);
        if (found == JPEG_SUSPENDED) {
            return 0;
        }
        configure(decoder);
        decoder->stage = START;
    }
    if (decoder->stage == START) {
        if (!jpeg_start_decompress(jpeg)) {
            return 0;
        }
        decoder->line = make_line(decoder);
        decoder->stage = LINES;
    }
    while (decoder->stage == LINES && decoder->answer.lines < decoder->request.lines) {
        if (jpeg_read_scanlines(jpeg, &decoder->line, 1) != 1) {
            return 0;
        }
        keep_line(decoder);
    }
    decoder->stage = END;
    jpeg_finish_decompress(jpeg); /* all lines are there: whether the end of the file is, Pillow does not ask either */
    return 1;
}

/* What was not consumed comes once more, with the next piece behind it. */
static uint32_t
decode(Decoder *decoder) {
    if (setjmp(decoder->refused)) {
        return BROKEN;
    }
    begin(decoder);
    size_t consumed = 0, end = 0, bytes = decoder->request.bytes;
    while (end < bytes) {
        end = bytes - end > decoder->request.piece ? end + decoder->request.piece : bytes;
        decoder->source.next_input_byte = decoder->file + consumed;
        decoder->source.bytes_in_buffer = end - consumed;
        skip(&decoder->jpeg, (long)decoder->to_skip);
        if (decoder->to_skip == 0 && advance(decoder)) {
            return ENDED;
        }
        consumed = (size_t)(decoder->source.next_input_byte - decoder->file);
    }
    return TRUNCATED;
}

static int
answer(Decoder *decoder) {
    Request *request = &decoder->request;
    if (fread(request, sizeof *request, 1, stdin) != 1) {
        return 0;
    }
    size_t size = (size_t)request->width * request->lines * CHANNELS[request->colour];
    decoder->file = malloc(request->bytes);
    decoder->pixels = calloc(1, size);
    decoder->line = NULL;
    decoder->answer = (Answer){0};
    if (fread(decoder->file, 1, request->bytes, stdin) != request->bytes) {
        return 0;
    }
    decoder->answer.outcome = decode(decoder);
    jpeg_destroy_decompress(&decoder->jpeg);
    fwrite(&decoder->answer, sizeof decoder->answer, 1, stdout);
    fwrite(decoder->pixels, 1, size, stdout);
    fflush(stdout);
    free(decoder->file);
    free(decoder->pixels);
    free(decoder->line);
    return 1;
}

int
main(void) {
    static Decoder decoder;
    while (answer(&decoder)) {
    }
    return 0;
}
