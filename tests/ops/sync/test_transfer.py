from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ops.errors import CommandFailed
from ops.sync.bucket import Bucket
from ops.sync.folder import read_folder
from ops.sync.plan import make_plan
from ops.sync.transfer import deliver

if TYPE_CHECKING:
    from pathlib import Path

    from ops.sync.folder import Original
    from ops.sync.plan import Plan


def plan(folder: Path, bucket: Bucket) -> Plan:
    return make_plan(read_folder(folder, bucket.prefix), bucket, 4, lambda: None)


@dataclass
class Uploads:
    """A bucket whose uploads are watched, and fail for some keys."""

    bucket: Bucket
    failing: dict[str, BaseException] = field(default_factory=dict)
    uploaded: list[str] = field(default_factory=list)

    def put(self, original: Original) -> int:
        if original.key in self.failing:
            raise self.failing[original.key]
        self.uploaded.append(original.key)
        return self.bucket.put(original)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bucket, name)


def test_the_bucket_agrees_with_the_folder_and_a_repetition_does_nothing(folder: Path, bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="old.jpg", Body=b"old")
    bucket.client.put_object(Bucket=bucket.name, Key="cat.jpg", Body=b"a dog")
    first = plan(folder, bucket)
    assert [original.key for original in first.added] == ["birds/tit.webp", "birds/été+1.png"]
    assert ([original.key for original in first.changed], first.removed) == (["cat.jpg"], ("old.jpg",))
    sizes: list[int] = []
    outcome = deliver(first, bucket, 2, sizes.append)
    assert (outcome.uploaded, outcome.removed, outcome.failures, sum(sizes)) == (3, 1, (), 17)
    assert set(bucket.list_sizes()) == {"cat.jpg", "birds/tit.webp", "birds/été+1.png"}
    again = plan(folder, bucket)
    assert (again.uploads, again.removed, again.unchanged) == ((), (), 3)


def test_objects_outside_the_prefix_are_untouched(folder: Path, bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="other/cat.jpg", Body=b"")
    part = Bucket(bucket.client, bucket.name, "shop/")
    assert deliver(plan(folder, part), part, 2, lambda _: None).removed == 0
    assert "other/cat.jpg" in bucket.list_sizes()


def test_an_empty_folder_removes_nothing(tmp_path: Path, bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="cat.jpg", Body=b"")
    with pytest.raises(CommandFailed, match="would remove all 1 originals"):
        plan(tmp_path, bucket)


def test_nothing_is_removed_when_an_upload_failed(folder: Path, bucket: Bucket) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key="old.jpg", Body=b"old")
    failing: Any = Uploads(bucket, {"cat.jpg": OSError("no such disk")})
    outcome = deliver(plan(folder, bucket), failing, 2, lambda _: None)
    assert (outcome.uploaded, outcome.removed, outcome.failures) == (2, 0, (("cat.jpg", "no such disk"),))
    assert "old.jpg" in bucket.list_sizes()


def test_an_interrupted_sync_is_completed_by_the_next(folder: Path, bucket: Bucket) -> None:
    uploads: Any = Uploads(bucket)

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    for number in range(20):
        (folder / f"{number}.jpg").write_bytes(b"x")
    with pytest.raises(KeyboardInterrupt):
        deliver(plan(folder, bucket), uploads, 1, interrupt)
    left = plan(folder, bucket)
    assert len(left.uploads) + len(uploads.uploaded) == 23
    assert len(left.uploads) > 0
    deliver(left, bucket, 2, lambda _: None)
    assert plan(folder, bucket).uploads == ()


NAMES = st.sampled_from(["a.jpg", "b.png", "c/a.gif", "c/d/e.webp"])
CONTENTS = st.dictionaries(NAMES, st.sampled_from([b"", b"one", b"two", b"three"]), min_size=1)


@given(before=CONTENTS, after=CONTENTS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_there_the_bucket_becomes_the_folder(
    tmp_path_factory: pytest.TempPathFactory, bucket: Bucket, before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    for contents in (before, after):
        folder = tmp_path_factory.mktemp("folder")
        for name, body in contents.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(body)
        assert not deliver(plan(folder, bucket), bucket, 2, lambda _: None).failures
        found = {
            key: bucket.client.get_object(Bucket=bucket.name, Key=key)["Body"].read() for key in bucket.list_sizes()
        }
        assert found == contents
