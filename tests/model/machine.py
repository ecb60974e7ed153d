"""The service as a state machine of hypothesis, which shrinks what it finds to the few steps that matter."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from model.loading import CACHE_CONTROLS, DAMAGED, TRANSFORMS, WATERMARK
from model.scheduler import Outcome
from model.service import Service

KEY = st.sampled_from(["a", "a", "a", "a", WATERMARK, WATERMARK, "b"])
"""Mostly one photograph and its watermark: that is where things meet."""
CONTENT = st.sampled_from([b"A", b"B", b"A", b"B", b"C", DAMAGED])
TYPE = st.sampled_from(["image/png", "image/png", "image/png", "text/plain"])
CACHE_CONTROL = st.sampled_from(["", "", "", *CACHE_CONTROLS])
WHICH = st.integers(0, 5)
WHOLE = st.booleans()
OUTCOME = st.sampled_from([outcome for outcome in Outcome if outcome is not Outcome.DONE])
SECONDS = st.sampled_from([1, 29, 31, 241, 241, 600, 90_000])


class Machine(RuleBasedStateMachine):
    """Rules are what may happen to the service."""

    def __init__(self) -> None:
        super().__init__()
        self.service = Service()

    @initialize(before=st.sampled_from(["nothing", "an original", "a watermark", "all"]), private=st.booleans())
    def begin(self, before: str, private: bool) -> None:  # noqa: FBT001 (hypothesis draws it)
        if private:
            self.service.deliver_privately()
        self.service.begin(before)

    @rule(key=KEY, content=CONTENT, content_type=TYPE, cache_control=CACHE_CONTROL)
    def upload(self, key: str, content: bytes, content_type: str, cache_control: str) -> None:
        self.service.upload(key, content, content_type, cache_control)

    @rule(key=KEY)
    def delete(self, key: str) -> None:
        self.service.delete(key)

    @rule(key=KEY)
    def remove_latest_version(self, key: str) -> None:
        self.service.remove_latest_version(key)

    @rule(which=WHICH, whole=WHOLE)
    def view(self, which: int, whole: bool) -> None:  # noqa: FBT001 (hypothesis draws it)
        self.service.view(which, whole=whole)

    @rule(transform=st.sampled_from(TRANSFORMS), key=KEY, whole=WHOLE)
    def view_made(self, transform: str, key: str, whole: bool) -> None:  # noqa: FBT001 (as above)
        self.service.view_made(transform, key, whole=whole)

    @rule(which=WHICH)
    def pass_on(self, which: int) -> None:
        self.service.pass_on(which)

    @rule(which=WHICH, more=st.integers(0, 2), whole=WHOLE)
    def deliver(self, which: int, more: int, whole: bool) -> None:  # noqa: FBT001 (as above)
        self.service.deliver(which, more, whole=whole)

    @rule(which=WHICH)
    def duplicate(self, which: int) -> None:
        self.service.duplicate(which)

    @rule(seconds=SECONDS)
    def pass_time(self, seconds: int) -> None:
        self.service.pass_time(seconds)

    @rule(which=WHICH)
    def lose(self, which: int) -> None:
        self.service.lose(which)

    @rule(which=st.sampled_from(["expire", "happen_late", "tick"]))
    def background(self, which: str) -> None:
        getattr(self.service, which)()

    @rule(which=WHICH, calls=st.integers(1, 6))
    def step(self, which: int, calls: int) -> None:
        self.service.step(which, calls)

    @rule(which=WHICH)
    def finish(self, which: int) -> None:
        self.service.finish(which)

    @rule(which=WHICH, outcome=OUTCOME)
    def disturb(self, which: int, outcome: Outcome) -> None:
        self.service.disturb(which, outcome)

    @invariant()
    def check(self) -> None:
        self.service.check_meanwhile()

    def teardown(self) -> None:
        try:
            self.service.check_at_rest()
        finally:
            self.service.close()
