/* Writes JPEGs once more by libjpeg alone, with Huffman tables of their own, for tests to compare Pillow with.

   Standard input brings requests, each followed by its file, and standard output takes answers: a size, followed by a
   file. Numbers are 32-bit and of this machine. What libjpeg refuses ends the program. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

typedef struct {
    uint32_t bytes; /* of the file */
    uint32_t is_progressive;
} Request;

/* The coefficients, and with them the quantization tables, the sampling and the restarts stay what they are. */
static void
rewrite(const Request *request, const uint8_t *file, uint8_t **written, unsigned long *size) {
    struct jpeg_error_mgr errors;
    struct jpeg_decompress_struct from = {.err = jpeg_std_error(&errors)};
    struct jpeg_compress_struct to = {.err = &errors};
    jpeg_create_decompress(&from);
    jpeg_create_compress(&to);
    jpeg_mem_src(&from, file, request->bytes);
    jpeg_mem_dest(&to, written, size);
    jpeg_read_header(&from, TRUE);
    jvirt_barray_ptr *coefficients = jpeg_read_coefficients(&from);
    jpeg_copy_critical_parameters(&from, &to);
    to.optimize_coding = TRUE;
    to.restart_interval = from.restart_interval;
    if (request->is_progressive) {
        jpeg_simple_progression(&to);
    }
    jpeg_write_coefficients(&to, coefficients);
    jpeg_finish_compress(&to);
    jpeg_destroy_compress(&to);
    jpeg_finish_decompress(&from);
    jpeg_destroy_decompress(&from);
}

static int
answer(void) {
    Request request;
    if (fread(&request, sizeof request, 1, stdin) != 1) {
        return 0;
    }
    uint8_t *file = malloc(request.bytes), *written = NULL;
    unsigned long size = 0;
    if (fread(file, 1, request.bytes, stdin) != request.bytes) {
        return 0;
    }
    rewrite(&request, file, &written, &size);
    fwrite(&(uint32_t){(uint32_t)size}, sizeof(uint32_t), 1, stdout);
    fwrite(written, 1, size, stdout);
    fflush(stdout);
    free(file);
    free(written);
    return 1;
}

int
main(void) {
    while (answer()) {
    }
    return 0;
}
