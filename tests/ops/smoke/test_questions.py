from __future__ import annotations

import base64

from ops.smoke.questions import PNG, TAG, Evidence, answer_questions
from ops.smoke.viewer import Answer

PATH = "/20x10/smoke/a%20b.png"


def answers(evidence: Evidence) -> list[str]:
    return [question.answer for question in answer_questions(evidence)]


def test_recorded_steps_are_printed() -> None:
    tagged = Answer(200, {TAG: "abc"}, PNG + b"...", 900.0)
    location = {"location": f"https://example.com/resize{PATH}"}
    evidence = Evidence(PATH, Answer(307, location, b"", 1.0), tagged, tagged, Answer(404, {}, b"", 1.0), 80.0)
    evidence.head = Answer(200, {"content-length": "0"}, b"", 1.0)
    evidence.served = [(0.5, False), (1.0, True), (1.5, False), (2.0, True)]
    assert answers(evidence) == [
        f"{TAG}: abc",
        f"{TAG}: abc",
        f"exactly as requested: requested {PATH}, got /resize{PATH}",
        "404  (403 would mean that listing is denied)",
        "the key was found, so it is decoded once in all: 200",
        "yes: a PNG of 11 bytes",
        "200, Content-Length: 0",
        "new after 1.0 s; of 2 answers after that 1 were old",
        "first answer 900 ms, next new derivative 80 ms",
    ]


def test_missing_steps_are_not_invented() -> None:
    elsewhere = Answer(307, {"location": "https://example.com/resize/20x10/smoke/a+b.png"}, b"", 1.0)
    told = answers(Evidence(PATH, elsewhere, Answer(404, {}, b"", 1.0)))
    assert told[0] == told[1] == "no such header reached the viewer"
    assert told[2].startswith("in another spelling")
    assert told[4] == "the key was NOT found: 404"
    assert told[5:7] == ["no image: 404", "0, Content-Length: none"]
    assert told[7] == "the new original was never served"


def test_base64_that_was_not_decoded_is_recognised() -> None:
    text = Answer(200, {}, base64.b64encode(PNG + b"and so on"), 1.0)
    assert answers(Evidence(PATH, made=text))[3] == "NO: the body is base64 text"
    other = Answer(200, {}, b"<html>", 1.0)
    assert answers(Evidence(PATH, made=other))[3] == "unknown: the body begins with b'<html>'"
