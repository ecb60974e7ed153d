"""The steps of a first request by its id."""

from __future__ import annotations

from local.cloudwatch.traces import Traces
from local.steps import Step

PATH = "/300x200/a.jpg"


def edge(number: str, edge_id: str, path: str = PATH, **details: object) -> Step:
    return Step(number, f"edge {number} {edge_id}", 5.0, {"edge_id": edge_id, "path": path, **details})


def logged(number: str, request_id: str) -> Step:
    return Step(number, f"line {number}", 0.0, {"correlation_id": request_id})


def first_hit(edge_ids: tuple[str, str], request_id: str) -> list[Step]:
    one, two = edge_ids
    path = "/resize" + PATH
    return [
        *(edge(number, one) for number in ("1", "3", "5")),
        edge("6", two, path),
        *(logged(number, request_id) for number in ("8", "9")),
        logged("", request_id),
        edge("7", two, path, request_id=request_id),
        edge("13", two, path, request_id=request_id),
        *(logged(number, request_id) for number in ("10", "11", "12")),  # a pipe may be slower than an answer
    ]


def traces(*steps: Step) -> Traces:
    found = Traces()
    for step in steps:
        found.record(step)
    return found


def test_the_steps_come_in_the_order_of_the_workflow_with_the_redirect_before_them() -> None:
    found = traces(*first_hit(("e1", "e2"), "r1"))
    numbers = [observation.step.number for observation in found.find("r1")]
    assert numbers == ["1", "3", "5", "6", "7", "8", "9", "10", "11", "12", "", "13"]


def test_the_steps_of_others_are_left_out() -> None:
    found = traces(
        *first_hit(("e1", "e2"), "r1"),
        *first_hit(("e3", "e4"), "r2"),
        edge("2", "e5", "/resize" + PATH, request_id="r1"),  # the same answer from the cache
    )
    assert {observation.step.details.get("edge_id", "") for observation in found.find("r1")} == {"e1", "e2", ""}
    assert {observation.step.details.get("edge_id", "") for observation in found.find("r2")} == {"e3", "e4", ""}


def test_a_direct_request_for_the_resize_path_has_no_redirect() -> None:
    found = traces(*first_hit(("e1", "e2"), "r1")[3:])
    assert found.find("r1")[0].step.number == "6"


def test_a_table_has_a_line_for_each_step() -> None:
    lines = traces(*first_hit(("e1", "e2"), "r1")).render("r1").splitlines()
    assert lines[0] == "request r1"
    assert len(lines) == 2 + 12
    assert lines[2].split()[:4] == ["1", "0", "5", "edge"]


def test_an_unknown_or_empty_id_has_no_steps() -> None:
    found = traces(*first_hit(("e1", "e2"), "r1"))
    assert found.render("other") == found.render("") == ""
