"""The stopwatch: what users see in Server-Timing, operators in metrics, and X-Ray in subsegments."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from cloud import telemetry

if TYPE_CHECKING:
    from collections.abc import Iterator


class Tracer:
    """A tracer that keeps the names of its subsegments."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.provider = self

    @contextmanager
    def in_subsegment(self, name: str) -> Iterator[None]:
        self.names.append(name)
        yield


def test_steps_of_one_name_add_up_in_the_order_of_the_first() -> None:
    stopwatch = telemetry.Stopwatch()
    for name in ("fetch", "store", "fetch"):
        with stopwatch.step(name):
            pass
    assert re.fullmatch(r"fetch;dur=\d+\.\d, store;dur=\d+\.\d", stopwatch.server_timing)


def test_a_step_that_fails_is_timed_too() -> None:
    stopwatch = telemetry.Stopwatch()
    with pytest.raises(RuntimeError), stopwatch.step("fetch"):
        raise RuntimeError
    assert list(stopwatch.milliseconds) == ["fetch"]


def test_each_step_is_a_subsegment_where_tracing_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    tracer = Tracer()
    monkeypatch.setattr(telemetry, "_tracer", tracer)
    stopwatch = telemetry.Stopwatch()
    for name in ("fetch", "encode"):
        with stopwatch.step(name):
            pass
    assert tracer.names == ["## fetch", "## encode"]


@pytest.mark.parametrize(("disabled", "loaded"), [("true", False), ("false", True)])
def test_the_x_ray_sdk_is_imported_only_where_tracing_is_on(disabled: str, loaded: Any) -> None:
    program = "import sys; import cloud.telemetry; print('aws_xray_sdk' in sys.modules)"
    environment = {
        "PYTHONPATH": "functions",
        "POWERTOOLS_TRACE_DISABLED": disabled,
        "POWERTOOLS_SERVICE_NAME": "test",
        "POWERTOOLS_METRICS_NAMESPACE": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    result = subprocess.run(  # noqa: S603 (our own code)
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == str(loaded)
