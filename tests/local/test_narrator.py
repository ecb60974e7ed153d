"""Lines of functions and messages of the queue as steps, and steps as lines."""

from __future__ import annotations

import json

import pytest

from local.narrator import Narrator, read_line, read_notification
from local.steps import Step


def tell(*steps: Step) -> list[str]:
    lines: list[str] = []
    narrator = Narrator(lines.append)
    for step in steps:
        narrator.write(step)
    return lines


def test_a_log_line_with_a_step_is_that_step() -> None:
    record = {"level": "INFO", "message": "read the original", "step": "9", "key": "a b.jpg", "bytes": 1234567}
    step = read_line("resize", json.dumps({**record, "location": "_read:1"}))
    assert step == Step("9", "resize: read the original: a b.jpg (1,234,567 B)", 0.0, record)


def test_the_times_of_a_step_add_up() -> None:
    step = read_line("resize", '{"step": "12", "message": "done", "times": {"fetch": 1.5, "encode": 2}}')
    assert step is not None
    assert step.milliseconds == 3.5
    assert step.what == "resize: done (fetch 2, encode 2)"


@pytest.mark.parametrize(
    "line",
    ['{"_aws": {"CloudWatchMetrics": []}, "Copies": 1}', '{"level": "INFO", "message": "nothing of note"}', "", "  "],
)
def test_metrics_and_lines_without_a_step_are_ignored(line: str) -> None:
    assert read_line("copy", line) is None


def test_an_error_is_printed_with_its_stack_trace() -> None:
    line = json.dumps({"level": "ERROR", "message": "a bug", "path": "/x", "exception": "Traceback:\n  KeyError"})
    step = read_line("resize", line)
    assert step is not None
    assert tell(step) == ["     resize: a bug: /x", "     | Traceback:", "     |   KeyError"]


def test_a_line_that_is_not_json_is_printed_unchanged() -> None:
    step = read_line("copy", "[ERROR] Runtime.ImportModuleError\rTraceback")
    assert step is not None
    assert step.what == "copy: [ERROR] Runtime.ImportModuleError Traceback"
    assert read_line("copy", "17") == Step("", "copy: 17", 0.0, {"level": "INFO"})


def test_steps_are_aligned_and_control_characters_do_not_reach_the_terminal() -> None:
    lines = tell(Step("1", "GET /\x1b[2J\r\n", 0.0), Step("13", "returned to the user", 12.3))
    assert lines[0] == "  1  GET /�[2J��"
    assert lines[1].startswith(" 13  returned to the user ")
    assert lines[1].endswith("      12 ms")


def test_the_functions_line_about_an_invalidation_is_not_printed_twice() -> None:
    assert tell(Step("11", "resize: invalidated", 0.0, {"invalidation": "I1"})) == []


def test_a_notification_is_a_step_for_each_object() -> None:
    entity = {"key": "a+b%2Bc.jpg", "size": 5, "eTag": "e"}
    record = {"eventTime": "2020-01-01T00:00:00.000Z", "eventName": "ObjectCreated:Put", "s3": {"object": entity}}
    (step,) = read_notification(json.dumps({"Records": [record]}))
    assert (step.number, step.what) == ("A", "ObjectCreated:Put a b+c.jpg, 5 B")
    assert step.milliseconds > 0
    assert step.details["key"] == "a b+c.jpg"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"Event": "s3:TestEvent"}', '{"Records": [{}]}', '{"Records": 1}'])
def test_other_messages_have_no_steps(body: str) -> None:
    assert read_notification(body) == []
