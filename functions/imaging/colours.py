"""ICC profiles for colours that a file names by numbers: CICP's code points (ITU-T H.273), or PNG's gAMA and cHRM.

As profiles they take the same way as embedded ones: converted to sRGB, or kept. Formulas: ICC.1:2022.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Chromaticities: TypeAlias = tuple[float, float, float, float, float, float, float, float]
"""x and y of white, red, green and blue, as in PNG's cHRM."""

Matrix: TypeAlias = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]

SRGB = (1, 13)
"""The code points of sRGB's primaries and transfer function."""

_D65 = (0.3127, 0.3290)
_BT709: Chromaticities = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_PRIMARIES: dict[int, Chromaticities] = {
    1: _BT709,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    8: (0.310, 0.316, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
"""H.273, table 2, without CIE XYZ."""

_D50 = (0.9642, 1.0, 0.8249)
_BRADFORD: Matrix = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))

_REFERENCE_WHITE, _PEAK = 203, 1000
"""Candela per square metre: of diffuse white (ITU-R BT.2408, section 2.1), and of the brightest that is told apart."""

_KNEE, _STEEPNESS = 0.8, 93
"""Up to this share of diffuse white, light stays as it is; what is brighter, up to the peak, is compressed into the
rest by a logarithm. With this steepness the curve has no bend at the knee."""

_ENTRIES = 1024
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_BT709_CURVE = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_SMPTE_240M_CURVE = (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 1 / 4.0, 0.0913)
_NEAR_SRGB = 0.01
"""Chromaticities and exponents that differ by less are rounded ones of sRGB."""


@cache
def cicp_profile(primaries: int, transfer: int, *, gray: bool = False) -> bytes | None:
    """Return the profile of CICP's colour primaries and transfer characteristics; None for sRGB, and for what has none.

    PQ and HLG are mapped to a standard range: diffuse white at 203 cd/m2 becomes nearly white, and highlights are
    compressed. The transfer function of BT.709 is taken for sRGB's with BT.709's primaries, as browsers do.
    """
    if (primaries, transfer) == SRGB or (primaries == 1 and transfer in _LIKE_BT709):
        return None
    chromaticities = _PRIMARIES.get(_BT709_CODE if primaries == _UNSPECIFIED else primaries)
    curve = _curve_of(_SRGB_CODE if transfer == _UNSPECIFIED else transfer)
    if chromaticities is None or curve is None or (primaries, transfer) == (_UNSPECIFIED, _UNSPECIFIED):
        return None
    return _build(chromaticities, curve, gray=gray)


def gamma_profile(gamma: float | None, chromaticities: Chromaticities | None, *, gray: bool = False) -> bytes | None:
    """Return the profile of PNG's gAMA (the exponent of the encoding) and cHRM.

    None for those of sRGB, and for unusable ones. A missing one is sRGB's.
    """
    if gamma is not None and not 0.05 < gamma < 5:  # noqa: PLR2004 - beyond, levels are all black or all white
        return None
    is_curve_srgb = gamma is None or abs(gamma - 1 / 2.2) < _NEAR_SRGB
    chosen = chromaticities or _BT709
    if is_curve_srgb and all(abs(one - other) < _NEAR_SRGB for one, other in zip(chosen, _BT709, strict=True)):
        return None
    curve = _parametric(_SRGB_CURVE) if is_curve_srgb else _power(1 / (gamma or 1))
    return _build(chosen, curve, gray=gray)


_UNSPECIFIED, _BT709_CODE, _SRGB_CODE = 2, 1, 13
_LIKE_BT709 = (1, 6, 14, 15, _UNSPECIFIED)


def _curve_of(transfer: int) -> bytes | None:
    """Return the curve of H.273's table 3, from levels to light."""
    if transfer in (1, 6, 11, 12, 14, 15):
        return _parametric(_BT709_CURVE)
    if transfer == _SRGB_CODE:
        return _parametric(_SRGB_CURVE)
    exponent = {4: 2.2, 5: 2.8, 8: 1.0, 17: 2.6}.get(transfer)
    if exponent:
        return _power(exponent)
    if transfer == 7:  # noqa: PLR2004 - the code of SMPTE ST 240
        return _parametric(_SMPTE_240M_CURVE)
    light = {16: _pq_light, 18: _hlg_light}.get(transfer)
    return _table(lambda level: _compress(light(level) / _REFERENCE_WHITE)) if light else None


def _pq_light(level: float) -> float:
    """Return cd/m2 of a level of the perceptual quantiser (ITU-R BT.2100, table 4)."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    root = level ** (1 / m2)
    return float(10000 * (max(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1))


def _hlg_light(level: float) -> float:
    """Return cd/m2 of a level of hybrid log-gamma on a display of 1,000 (BT.2100, table 5), its gamma by channel."""
    from math import exp  # noqa: PLC0415 - few images need it

    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = level * level / 3 if level <= 0.5 else (exp((level - c) / a) + b) / 12  # noqa: PLR2004 - the formula's
    return float(_PEAK * scene**1.2)


def _compress(light: float) -> float:
    """Map light, 1 being diffuse white, to 0 to 1."""
    from math import log  # noqa: PLC0415 - as above

    if light <= _KNEE:
        return light
    beyond = min((light - _KNEE) / (_PEAK / _REFERENCE_WHITE - _KNEE), 1)
    return _KNEE + (1 - _KNEE) * log(1 + _STEEPNESS * beyond) / log(1 + _STEEPNESS)


def _build(chromaticities: Chromaticities, curve: bytes, *, gray: bool) -> bytes | None:
    if gray:
        tags = {b"wtpt": _xyz(_D50), b"kTRC": curve}
        return _assemble(b"GRAY", tags)
    columns = _columns(chromaticities)
    if columns is None:
        return None
    tags = {b"wtpt": _xyz(_D50)}
    tags |= {name: _xyz(column) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)}
    return _assemble(b"RGB ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve))


def _columns(chromaticities: Chromaticities) -> Sequence[tuple[float, float, float]] | None:
    """Return XYZ of red, green and blue, adapted to D50 by Bradford's matrix; None for impossible chromaticities."""
    pairs = [chromaticities[index : index + 2] for index in range(0, 8, 2)]
    if any(y <= 0 for _, y in pairs):
        return None
    white, *primaries = [(x / y, 1.0, (1 - x - y) / y) for x, y in pairs]
    matrix = _transpose((primaries[0], primaries[1], primaries[2]))
    inverse = _invert(matrix)
    if inverse is None:
        return None
    scales = _apply(inverse, white)
    cone, target = _apply(_BRADFORD, white), _apply(_BRADFORD, _D50)
    back = _invert(_BRADFORD)
    if back is None or not all(cone):
        return None
    adapted = []
    for primary, scale in zip(primaries, scales, strict=True):
        cones = _apply(_BRADFORD, (primary[0] * scale, primary[1] * scale, primary[2] * scale))
        red, green, blue = (value * to / of for value, to, of in zip(cones, target, cone, strict=True))
        adapted.append(_apply(back, (red, green, blue)))
    return adapted if all(abs(value) < 4 for column in adapted for value in column) else None  # noqa: PLR2004 - real ones have less than 2


def _apply(matrix: Matrix, vector: tuple[float, float, float]) -> tuple[float, float, float]:
    x, y, z = (sum(one * other for one, other in zip(row, vector, strict=True)) for row in matrix)
    return x, y, z


def _transpose(matrix: Matrix) -> Matrix:
    first, second, third = zip(*matrix, strict=True)
    return first, second, third


def _invert(matrix: Matrix) -> Matrix | None:
    (a, b, c), (d, e, f), (g, h, i) = matrix
    determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    if abs(determinant) < 1e-6:  # noqa: PLR2004 - primaries on one line
        return None
    rows = (
        (e * i - f * h, c * h - b * i, b * f - c * e),
        (f * g - d * i, a * i - c * g, c * d - a * f),
        (d * h - e * g, b * g - a * h, a * e - b * d),
    )
    first, second, third = ((x / determinant, y / determinant, z / determinant) for x, y, z in rows)
    return first, second, third


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(_fixed(value) for value in values)


def _parametric(parameters: Sequence[float]) -> bytes:
    return b"para\0\0\0\0\0\x03\0\0" + b"".join(_fixed(value) for value in parameters)


def _power(exponent: float) -> bytes:
    return b"para\0\0\0\0\0\0\0\0" + _fixed(exponent)


def _table(light: Callable[[float], float]) -> bytes:
    levels = (min(max(light(index / (_ENTRIES - 1)), 0), 1) for index in range(_ENTRIES))
    return struct.pack(f">4s4xI{_ENTRIES}H", b"curv", _ENTRIES, *(round(level * 65535) for level in levels))


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    return struct.pack(">4s4xII2s2sII", b"mluc", 1, 12, b"en", b"US", len(encoded), 28) + encoded


def _assemble(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Return a profile of version 4: its header, the table of tags, and their data, equal ones once."""
    tags = {b"desc": _text("colours by number"), b"cprt": _text("no copyright")} | tags
    position = 128 + 4 + 12 * len(tags)
    table, data, places = [], [], dict[bytes, int]()
    for name, content in tags.items():
        if content not in places:
            places[content] = position
            data.append(content + bytes(-len(content) % 4))
            position += len(data[-1])
        table.append(struct.pack(">4sII", name, places[content], len(content)))
    header = struct.pack(
        ">I4sI4s4s4s12x4s28x12s48x",
        position,
        bytes(4),
        0x04200000,
        b"mntr",
        space,
        b"XYZ ",
        b"acsp",
        b"".join(_fixed(value) for value in _D50),
    )
    return b"".join((header, struct.pack(">I", len(tags)), *table, *data))
