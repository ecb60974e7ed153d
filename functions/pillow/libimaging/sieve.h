/* The Python interface of the sieve in resample_bands.h: an image that resamples the rows that are decoded into it.

   build-pillow includes it in Pillow-SIMD's _imaging.c. */

/* new_sieve(mode, size, result's size, box): such an image, or None where the whole image is needed. */
static PyObject *
_new_sieve(PyObject *self, PyObject *args) {
    char *mode_name;
    int xsize, ysize, width, height;
    float box[4];
    if (!PyArg_ParseTuple(
            args, "s(ii)(ii)(ffff)", &mode_name, &xsize, &ysize, &width, &height, &box[0], &box[1], &box[2], &box[3]
        )) {
        return NULL;
    }
    if (xsize < 1 || ysize < 1 || width < 1 || height < 1) {
        return ImagingError_ValueError("height and width must be > 0");
    }
    if (!(box[0] >= 0 && box[1] >= 0 && box[2] <= xsize && box[3] <= ysize && box[0] <= box[2] && box[1] <= box[3])) {
        return ImagingError_ValueError("box must be inside the image");
    }
    Imaging im = ImagingNewSieve(findModeID(mode_name), xsize, ysize, width, height, box);
    if (!im && !PyErr_Occurred()) {
        Py_RETURN_NONE;
    }
    return PyImagingNew(im);
}

/* take_sieved(): the result, once; ValueError if it is incomplete. */
static PyObject *
_take_sieved(ImagingObject *self, PyObject *args) {
    Imaging im = ImagingSieveTake(self->image);
    return im ? PyImagingNew(im) : ImagingError_ValueError("nothing was resampled");
}
