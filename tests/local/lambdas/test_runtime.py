"""Functions in real processes behind the real runtime client."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from local.lambdas.function import REQUEST_LIMIT, RESPONSE_LIMIT
from local.lambdas.runtime import EventTooLargeError, PoolSize, ThrottledError
from local.lambdas.worker import PARENT_GUARD

if TYPE_CHECKING:
    from local.lambdas.runtime import FunctionPool

    from .conftest import Start

pytestmark = pytest.mark.sockets


async def call(pool: FunctionPool, event: object = None) -> Any:
    answer = await pool.invoke(json.dumps(event).encode())
    return json.loads(answer.payload) if not answer.error else answer.error


async def test_a_handler_gets_its_event_and_its_context(start: Start) -> None:
    pool = await start("""
        def handler(event, context):
            return {"event": event, "arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb,
                    "left": context.get_remaining_time_in_millis()}
    """)
    answer = await call(pool, {"key": "größe"})
    assert answer["event"] == {"key": "größe"}
    assert (answer["arn"], answer["memory"]) == ("arn:echo", "512")
    assert 15_000 < answer["left"] <= 20_000


async def test_a_worker_sees_the_deployed_variables_and_its_roles_credentials_only(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "root")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    pool = await start("""
        import os
        def handler(event, context):
            return dict(os.environ)
    """)
    seen = await call(pool)
    assert seen["SETTLE_SECONDS"] == "7"
    assert seen["AWS_ACCESS_KEY_ID"] == "key of arn:role"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "echo"
    assert seen["AWS_REGION"] == "eu-west-1"
    assert "AWS_PROFILE" not in seen
    assert "AWS_EXECUTION_ENV" not in seen


async def test_modules_are_imported_once_and_events_come_one_at_a_time(start: Start) -> None:
    pool = await start("""
        import os, time
        calls = 0
        def handler(event, context):
            global calls
            calls += 1
            before = calls
            time.sleep(0.02)
            assert calls == before, "two at once"
            return [os.getpid(), calls]
    """)
    answers = await asyncio.gather(*[call(pool) for _ in range(5)])
    assert len({process for process, _ in answers}) == 1
    assert sorted(count for _, count in answers) == [1, 2, 3, 4, 5]


async def test_an_invocation_above_the_reserved_concurrency_is_throttled_at_once(start: Start) -> None:
    code = """
        import time
        def handler(event, context):
            time.sleep(event)
            if event < 0.5:
                raise ValueError
            return event
    """
    pool = await start(code, PoolSize(initial=2, cap=2), reserved=2)
    busy = [asyncio.create_task(call(pool, 1)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(ThrottledError, match="2 invocations of echo"):
        await call(pool, 1)
    assert await asyncio.gather(*busy) == [1, 1]
    assert await call(pool, 0) == "Unhandled"
    assert await asyncio.gather(*[call(pool, 0.5) for _ in range(2)]) == [0.5, 0.5], "a failed one is under way no more"


async def test_a_reserved_concurrency_of_zero_differs_from_none(start: Start) -> None:
    pool = await start("def handler(event, context): pass", reserved=0)
    with pytest.raises(ThrottledError):
        await call(pool)


async def test_a_pool_grows_to_its_cap_and_queues_the_rest(start: Start) -> None:
    code = """
        import os, time
        def handler(event, context):
            time.sleep(0.3)
            return os.getpid()
    """
    pool = await start(code, PoolSize(initial=1, cap=3))
    processes = await asyncio.gather(*[call(pool) for _ in range(30)])
    assert pool.worker_count == 3
    assert 1 < len(set(processes)) <= 3


async def test_an_exception_is_a_failed_invocation_and_the_worker_lives_on(start: Start) -> None:
    pool = await start("""
        import os
        def handler(event, context):
            if event == "fail":
                raise KeyError("no such thing")
            return os.getpid()
    """)
    process = await call(pool)
    failed = await pool.invoke(b'"fail"')
    assert failed.error == "Unhandled"
    assert json.loads(failed.payload)["errorType"] == "KeyError"
    assert await call(pool) == process


async def test_a_crash_fails_its_invocation_and_the_next_gets_a_new_worker(start: Start) -> None:
    pool = await start("""
        import os
        def handler(event, context):
            if event == "die":
                os._exit(3)
            return "alive"
    """)
    failed = await pool.invoke(b'"die"')
    assert failed.error == "Runtime.ExitError"
    assert b"status 3" in failed.payload
    assert await call(pool) == "alive"


async def test_a_handler_beyond_its_timeout_is_killed(start: Start) -> None:
    code = """
        import time
        def handler(event, context):
            time.sleep(event)
            return "in time"
    """
    pool = await start(code, timeout=1)
    failed = await pool.invoke(b"60")
    assert failed.error == "Sandbox.Timedout"
    assert b"Task timed out after 1.00 seconds" in failed.payload
    assert await call(pool, 0) == "in time"


async def test_an_answer_above_the_limit_is_refused(start: Start) -> None:
    pool = await start("""
        def handler(event, context):
            return "x" * event
    """)
    assert len(await call(pool, RESPONSE_LIMIT - 2)) == RESPONSE_LIMIT - 2
    assert await call(pool, RESPONSE_LIMIT - 1) == "Function.ResponseSizeTooLarge"
    assert await call(pool, 1) == "x"


async def test_an_event_above_the_limit_is_refused(start: Start) -> None:
    pool = await start("def handler(event, context): return len(event)")
    assert await call(pool, "x" * (REQUEST_LIMIT - 2)) == REQUEST_LIMIT - 2
    with pytest.raises(EventTooLargeError):
        await pool.invoke(b"x" * (REQUEST_LIMIT + 1))


async def test_a_handler_that_cannot_be_imported_fails_each_invocation_with_the_reason(start: Start) -> None:
    pool = await start("import nothing_of_this_name")
    for _ in range(2):
        failed = await pool.invoke(b"{}")
        assert failed.error == "Runtime.ImportModuleError"
        assert b"nothing_of_this_name" in failed.payload


async def test_output_of_a_handler_arrives_line_by_line(start: Start, lines: list[str]) -> None:
    pool = await start("""
        import sys
        def handler(event, context):
            print('{"step": "8"}')
            print("ü", file=sys.stderr)
    """)
    await call(pool)
    await pool.stop()
    assert lines == ['{"step": "8"}', "ü"]


async def test_a_workers_lifetime_ends_between_two_events(start: Start) -> None:
    code = """
        import os, time
        def handler(event, context):
            time.sleep(event)
            return os.getpid()
    """
    pool = await start(code, PoolSize(initial=1, cap=1, lifetime=1.0))
    first = await call(pool, 1.5)  # over its lifetime, and not interrupted
    assert isinstance(first, int)
    assert await call(pool, 0) != first


async def test_stopping_ends_a_busy_worker_and_its_children_and_answers_its_caller(
    start: Start, lines: list[str], printed: asyncio.Event
) -> None:
    pool = await start("""
        import os, subprocess, time
        def handler(event, context):
            child = subprocess.Popen(["sleep", "600"])
            print(os.getpid(), child.pid)
            time.sleep(600)
    """)
    invocation = asyncio.create_task(pool.invoke(b"{}"))
    queued = asyncio.create_task(pool.invoke(b"{}"))
    await printed.wait()
    await pool.stop()
    assert (await invocation).error
    assert (await queued).error == "Runtime.Stopped"
    for process in lines[0].split():
        assert not _runs(int(process))


async def test_workers_end_with_a_parent_that_was_killed() -> None:
    guard = str(PARENT_GUARD)
    parent = textwrap.dedent(f"""
        import os, subprocess, sys, time
        child = subprocess.Popen([sys.executable, {guard!r}, str(os.getpid()), "/bin/sleep", "600"])
        time.sleep(0.5)
        print(child.pid, flush=True)
        time.sleep(600)
    """)
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as process:  # noqa: ASYNC220, S603
        assert process.stdout
        child = int(process.stdout.readline())
        assert _runs(child)
        process.kill()
    for _ in range(200):
        if not _runs(child):
            break
        await asyncio.sleep(0.01)
    assert not _runs(child)


def _runs(process: int) -> bool:
    """Tell whether a process exists and is not a zombie."""
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as stat:  # noqa: PTH123
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
