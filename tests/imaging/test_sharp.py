"""The same sizes and places as sharp's for the same requests.

Its sizes are kept in sharp-sizes.json, and are compared everywhere. Where Node and sharp are (in lab/benchmarks/node,
or on NODE_PATH), sharp itself is asked, and its pixels are compared too; `make golden` then renews the table.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from grammar.transform import parse_transform
from imaging.layout.framing import frame
from spellings import words

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TABLE = HERE / "sharp-sizes.json"
CASES = 200
FAR = 12
"""Levels. Shrinking a side to a pixel or two differs by up to 11; what is turned or cropped otherwise, by far more."""


def requests() -> list[dict[str, Any]]:
    """Requests of all kinds, the same ones every time."""
    dice = random.Random(20_261_124)  # noqa: S311 - nothing secret
    compass = [word for word in words("gravity") if word != "auto"]
    found = []
    for _ in range(CASES):
        source = (dice.randint(1, 400), dice.randint(1, 400))
        request: dict[str, Any] = {"source": source, "fit": dice.choice(words("fit")), "gravity": dice.choice(compass)}
        # with one side, ours are all `contain`, or `upscale`
        sides = dice.choice([(1, 1), (1, 0), (0, 1)]) if request["fit"] in ("contain", "upscale") else (1, 1)
        request["width"], request["height"] = (side * dice.randint(1, 300) for side in sides)
        if dice.random() < 0.4:
            left, top = dice.randint(0, source[0] - 1), dice.randint(0, source[1] - 1)
            request["crop"] = (left, top, dice.randint(1, source[0] - left), dice.randint(1, source[1] - top))
        if dice.random() < 0.3:
            request["turn"] = dice.choice([90, 180, 270])
        found.append(request)
    return found


def segment(request: dict[str, Any]) -> str:
    parts = [f"{request['width'] or ''}x{request['height'] or ''}", f"fit={request['fit']}", f"g={request['gravity']}"]
    if "crop" in request:
        parts.append("crop=" + ":".join(map(str, request["crop"])))
    if "turn" in request:
        parts.append(f"rotate={request['turn']}")
    return ",".join(parts)


def name(request: dict[str, Any]) -> str:
    return f"{segment(request)}/{'x'.join(map(str, request['source']))}"


def ask_sharp(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node to ask sharp with")
    path = os.pathsep.join(
        [str(ROOT / "lab" / "benchmarks" / "node" / "node_modules"), os.environ.get("NODE_PATH", "")]
    )
    environment = {"NODE_PATH": path, "PATH": os.environ["PATH"]}

    def run(*arguments: str, told: str = "") -> subprocess.CompletedProcess[str]:
        command = [node, *arguments]
        return subprocess.run(command, env=environment, input=told, capture_output=True, text=True, check=False)  # noqa: S603 - own script

    if run("-e", "require('sharp')").returncode:
        pytest.skip("sharp is not installed: npm ci --prefix lab/benchmarks/node")
    answers: list[dict[str, Any]] = json.loads(run(str(HERE / "sharp.cjs"), told=json.dumps(asked)).stdout)
    return answers


def original(size: tuple[int, int]) -> Image.Image:
    """The same picture as sharp.cjs draws: red goes across, green down."""
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    bands = [columns * 256 // size[0], rows * 256 // size[1], np.full_like(rows, 128)]
    return Image.fromarray(np.dstack(bands).astype(np.uint8))


def test_sizes_are_those_that_sharp_had() -> None:
    table = json.loads(TABLE.read_text())
    asked = requests()

    ours = {name(r): list(frame(r["source"], 1, parse_transform(segment(r))).layout.canvas) for r in asked}

    assert ours == table


def test_sizes_and_pixels_are_those_of_sharp(
    render: Callable[[bytes, str], Image.Image], save: Callable[..., bytes]
) -> None:
    asked = requests()
    answers = ask_sharp(asked)
    if os.environ.get("GOLDEN") == "renew":
        sizes = {name(r): a["size"] for r, a in zip(asked, answers, strict=True)}
        TABLE.write_text(json.dumps(sizes, indent=0) + "\n")

    different: list[Any] = []
    for request, answer in zip(asked, answers, strict=True):
        image = render(save(original(request["source"]), "PNG"), segment(request)).convert("RGB")
        theirs = Image.frombytes("RGB", tuple(answer["size"]), base64.b64decode(answer["pixels"]))
        if image.size != theirs.size:
            different.append((segment(request), request["source"], image.size, theirs.size))
            continue
        distance = np.abs(np.asarray(image, int) - np.asarray(theirs, int)).mean()
        if distance > FAR:
            different.append((segment(request), request["source"], distance))
    assert not different
