"""The compared images, and their containers."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from local.emulator.template import read_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
_NODE = ROOT / "lab" / "benchmarks" / "node"
_BUNDLING = (
    *("--bundle", "--minify", "--platform=node", "--format=esm", "--main-fields=module,main", "--log-level=warning"),
    "--external:sharp",  # it loads a native library at run time
    "--banner:js=import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
)
_TEMPLATE_DEFAULT = "true"
_CONTROL_GROUPS = Path("/sys/fs/cgroup")
_NANOSECONDS, _MICROSECONDS = 1e9, 1e6


@dataclass(frozen=True, slots=True)
class Function:
    """A function in an image, and the command of its container."""

    name: str
    image: str
    command: tuple[str, ...]


CORE = Function("core", "transcoder-cold-core", ("/usr/bin/python3", "-m", "awslambdaric", "resizer.app.handler"))
NODE = tuple(
    Function(name, "transcoder-cold-node", ("/usr/bin/node", program))
    for name, program in (
        ("Node, the same calls", "storing.mjs"),
        ("Node, the same calls, bundled", "storing.bundled.mjs"),
        ("Node, reading only", "reading.mjs"),
        ("Node, reading only, bundled", "reading.bundled.mjs"),
    )
)


def build_images() -> None:
    """Build both images, and the bundles of the Node functions."""
    for program in ("storing", "reading"):
        _run("node_modules/.bin/esbuild", f"{program}.mjs", f"--outfile={program}.bundled.mjs", *_BUNDLING, where=_NODE)
    functions = ROOT / "functions"
    _run("docker", "build", "--quiet", "--tag", CORE.image, "--file", "resizer/Dockerfile", ".", where=functions)
    _run("docker", "build", "--quiet", "--tag", NODE[0].image, ".", where=_NODE)


def read_environment() -> dict[str, str]:
    """Return the resize function's environment: defaults of parameters, and placeholders for resources."""
    template = read_template(ROOT / "template.yaml")
    defaults = {name: str(parameter.get("Default", "")) for name, parameter in template["Parameters"].items()}
    variables = template["Resources"]["ResizeFunction"]["Properties"]["Environment"]["Variables"]
    return {
        name: str(defaults.get(value.get("Ref", ""), _TEMPLATE_DEFAULT) if isinstance(value, dict) else value)
        for name, value in variables.items()
    }


@dataclass(frozen=True, slots=True)
class PausedContainer:
    """A container that waits before it starts its command."""

    read_processor: Callable[[], float]
    """Return the seconds of processor time that the container has used so far."""
    release: Callable[[], None]
    read_logs: Callable[[], str]


@contextmanager
def paused_container(
    function: Function, environment: dict[str, str], core: int, work: Path
) -> Iterator[PausedContainer]:
    """Start a container as restricted as Lambda's, on one `core` of the processor, and remove it at the end.

    A shell in it waits for a line from a pipe in `work`, and is then replaced by the function. So the start of the
    container itself, which differs from Lambda's, is not measured.
    """
    gate = work / "gate"
    os.mkfifo(gate)
    program, *arguments = ("/bin/bash", "-c", 'read -r _ </gate/gate; exec "$@"', "--", *function.command)
    options = ("--read-only", "--tmpfs=/tmp", "--network=host", f"--cpuset-cpus={core}", f"--volume={work}:/gate:ro")
    variables = [f"--env={name}={value}" for name, value in environment.items()]
    command = (
        "docker",
        "run",
        "--detach",
        *options,
        *variables,
        f"--entrypoint={program}",
        function.image,
        *arguments,
    )
    container = _run(*command)
    try:
        usage = _find_usage(int(_run("docker", "inspect", "--format={{.State.Pid}}", container)))
        with gate.open("w") as pipe:  # opens when the shell reads
            yield PausedContainer(
                usage, lambda: print("go", file=pipe, flush=True), lambda: _run("docker", "logs", container)
            )
    finally:
        _run("docker", "rm", "--force", container)
        gate.unlink()


def _find_usage(pid: int) -> Callable[[], float]:
    """Return a function that reads the processor time of a process's control group, in seconds."""
    groups = dict(line.split(":")[1:] for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines())
    controllers = next((name for name in groups if "cpuacct" in name.split(",")), None)
    if controllers is not None:
        usage = _CONTROL_GROUPS / "cpuacct" / groups[controllers].lstrip("/") / "cpuacct.usage"
        return lambda: int(usage.read_text()) / _NANOSECONDS
    statistics = _CONTROL_GROUPS / groups[""].lstrip("/") / "cpu.stat"
    return lambda: int(statistics.read_text().split()[1]) / _MICROSECONDS


def _run(*command: str, where: Path = ROOT) -> str:
    return subprocess.run(command, cwd=where, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
