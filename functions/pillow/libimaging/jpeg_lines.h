/* Where libjpeg may write a line of pixels: into the image itself, if it has them as the image does, and else beside it,
   where Pillow always has them written and then copies them from.

   build-pillow puts it into Pillow-SIMD's JpegDecode.c. */

static UINT8 *
place_line(Imaging im, ImagingCodecState state, const JPEGSTATE *context) {
    int is_same = context->rawmode == IMAGING_RAWMODE_RGBX && context->cinfo.out_color_space == JCS_EXT_RGBX &&
                  im->pixelsize == 4 && state->xoff + context->cinfo.output_width <= (JDIMENSION)im->xsize;
    return is_same ? (UINT8 *)im->image[state->y + state->yoff] + state->xoff * 4 : state->buffer;
}
