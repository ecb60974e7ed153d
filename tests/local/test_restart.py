"""`make run` as its users start it: originals outlive a restart, parameters reach the stack, each stage is shown."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from local.emulator.process import Emulator
from local.originals import Folder
from local.ports import claim_port
from world import ROOT, SAMPLES

from .running import PATIENCE, Response, ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.sockets

PHOTO = (SAMPLES / "coffee.png").read_bytes()
PROGRAM = "import pathlib, sys; from local import run; run.STATE = pathlib.Path(sys.argv.pop(1)); "
"""Runs `python -m local` with another folder for its state than the checkout's."""


class Run:
    """A process of `make run`, with its output in a file."""

    def __init__(self, state: Path, ports: tuple[int, int], **settings: str) -> None:
        self.state = state
        self.edge = f"http://127.0.0.1:{ports[0]}"
        self.output = state / "output"
        variables = {"EDGE_PORT": str(ports[0]), "AWS_PORT": str(ports[1]), **settings}
        command = [sys.executable, "-c", PROGRAM + "import local.__main__ as m; sys.exit(m.main())", str(state)]
        with self.output.open("w") as file:
            self.process = subprocess.Popen(  # noqa: S603 - our own program
                command, cwd=ROOT, env=os.environ | variables, stdout=file, stderr=subprocess.STDOUT
            )

    @property
    def lines(self) -> list[str]:
        return self.output.read_text().splitlines()

    def names(self) -> dict[str, str]:
        names: dict[str, str] = json.loads(ask(self.edge, "/_stack").body)
        return names

    def s3(self) -> Any:
        names = self.names()
        return Emulator(names["aws"], names["region"]).client("s3")

    def wait_for(self, text: str) -> None:
        end = time.monotonic() + PATIENCE
        while not any(text in line for line in self.lines):
            assert self.process.poll() is None, self.output.read_text()
            assert time.monotonic() < end, self.output.read_text()
            time.sleep(0.1)

    def wait_for_status(self, path: str, status: int) -> Response:
        end = time.monotonic() + PATIENCE
        while (answer := ask(self.edge, path)).status != status:
            assert time.monotonic() < end, (path, answer.status)
            time.sleep(0.1)
        return answer

    def end(self, how: signal.Signals) -> None:
        self.process.send_signal(how)
        self.process.wait(PATIENCE)


@contextmanager
def running(state: Path, ports: tuple[int, int], **settings: str) -> Iterator[Run]:
    """Start, wait until the samples are being uploaded, and end it as Ctrl-C does."""
    run = Run(state, ports, **settings)
    try:
        run.wait_for("step what")
        yield run
    finally:
        run.end(signal.SIGINT)
    assert run.process.returncode == 0, run.output.read_text()


@pytest.fixture
def ports() -> tuple[int, int]:
    return claim_port(0, "EDGE_PORT"), claim_port(0, "AWS_PORT")


def test_originals_are_there_again_after_a_restart(tmp_path: Path, ports: tuple[int, int]) -> None:
    folder = Folder(tmp_path / "originals" / str(ports[1]))
    odd = "a/../ü b,c=d/" + "x" * 300
    with running(tmp_path, ports) as run:
        bucket, s3 = run.names()["source_bucket"], run.s3()
        s3.put_object(Bucket=bucket, Key="mine.png", Body=PHOTO, ContentType="image/png", Metadata={"by": "me"})
        s3.put_object(Bucket=bucket, Key="gone.png", Body=PHOTO)
        s3.put_object(Bucket=bucket, Key="hubble.jpg", Body=PHOTO, ContentType="image/png")
        s3.put_object(Bucket=bucket, Key=odd, Body=b"x")
        run.wait_for_status("/mine.png", 200)
        s3.delete_object(Bucket=bucket, Key="gone.png")
    assert {headers["Key"] for headers, _ in folder.read()} == {"mine.png", "hubble.jpg", odd}

    with running(tmp_path, ports) as run:
        assert "Uploading the photographs of samples/ and 3 originals of earlier runs (FRESH=1: without):" in run.lines
        assert run.wait_for_status("/mine.png", 200).body == PHOTO
        assert run.s3().head_object(Bucket=bucket, Key="mine.png")["Metadata"] == {"by": "me"}
        assert run.s3().get_object(Bucket=bucket, Key="hubble.jpg")["Body"].read() == PHOTO
        keys = {entry["Key"] for entry in run.s3().list_objects_v2(Bucket=bucket)["Contents"]}
        assert keys == {"mine.png", odd, *(path.name for path in SAMPLES.iterdir() if path.suffix != ".md")}

    with running(tmp_path, ports, FRESH="1") as run:
        run.wait_for_status("/coffee.png", 200)
        assert ask(run.edge, "/mine.png").status == 307
        assert "Uploading the photographs of samples/:" in run.lines
    assert list(folder.read()) == []


def test_an_upload_outlives_a_stack_that_is_killed(tmp_path: Path, ports: tuple[int, int]) -> None:
    run = Run(tmp_path, ports)
    try:
        run.wait_for("step what")
        run.s3().put_object(Bucket=run.names()["source_bucket"], Key="mine.png", Body=PHOTO)
        folder = Folder(tmp_path / "originals" / str(ports[1]))
        end = time.monotonic() + PATIENCE
        while not folder.count():
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        run.end(signal.SIGKILL)
    ((headers, path),) = folder.read()
    assert (headers["Key"], path.read_bytes()) == ("mine.png", PHOTO)


def test_parameters_reach_the_stack_and_the_start_shows_its_stages(tmp_path: Path, ports: tuple[int, int]) -> None:
    parameters = "Presets=thumb:30x30,fit=cover;wide:90x Transforms=presets ReconcileSchedule='rate(2 days)'"
    with running(tmp_path, ports, PARAMETERS=parameters) as run:
        stages = [line.strip() for line in run.lines if line.endswith(" ...") and line.startswith("  ")]
        assert stages == [
            f"starting the AWS emulator on port {ports[1]} ...",
            "deploying template.yaml ...",
            "starting the functions, the API and the edge ...",
        ]
        run.wait_for_status("/coffee.png", 200)
        redirect = run.wait_for_status("/preset=thumb/coffee.png", 307)
        image = ask(run.edge, redirect.headers["location"].removeprefix(run.edge))
        assert Image.open(io.BytesIO(image.body)).size == (30, 30)
        refused = ask(run.edge, "/31x/coffee.png")
        assert ask(run.edge, refused.headers["location"].removeprefix(run.edge)).status == 403


def test_a_run_on_any_free_port_tells_that_nothing_is_kept(tmp_path: Path, ports: tuple[int, int]) -> None:
    with running(tmp_path, (ports[0], 0)) as run:
        assert "Your uploads are lost at the end: only with a fixed AWS_PORT are they kept." in run.lines
    assert not (tmp_path / "originals").exists()
