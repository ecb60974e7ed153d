/* Where libjpeg writes a line of pixels: directly into the image if the pixel formats are equal, else into the buffer from
   which Pillow copies every line.

   build-pillow includes it in Pillow-SIMD's JpegDecode.c. */

static UINT8 *
place_line(Imaging im, ImagingCodecState state, const JPEGSTATE *context) {
    int is_same = context->rawmode == IMAGING_RAWMODE_RGBX && context->cinfo.out_color_space == JCS_EXT_RGBX &&
                  im->pixelsize == 4 && state->xoff + context->cinfo.output_width <= (JDIMENSION)im->xsize;
    return is_same ? (UINT8 *)im->image[state->y + state->yoff] + state->xoff * 4 : state->buffer;
}
