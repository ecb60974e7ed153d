"""What is read of the table."""

from __future__ import annotations

from cloud.table import index, leases, originals
from cloud.table.derivatives import write_dependent
from cloud.table.rows import OriginalRow
from world import TABLE, World


def write_row(original: str, transform: str) -> None:
    leases.write(TABLE, leases.Claim(original, transform, '"etag"', "holder", 0))


def test_the_rows_of_an_original_are_read_page_by_page_and_dependents_come_last(world: World) -> None:
    assert world.rows() == {}
    originals.write(TABLE, "w.png", OriginalRow('"a"', 0), None)
    for size in range(1, 701):
        write_row("w.png", f"{size}x")
        write_dependent(TABLE, "w.png", f"{size}x,wm=w.png/a.jpg", '"etag"')
    write_row("another", "1x")
    pages = [index.read(TABLE, "w.png")]
    while pages[-1].last:
        pages.append(index.read(TABLE, "w.png", pages[-1].last))
    rows = [row for page in pages for row in page.derivatives]
    assert [len(page.derivatives) for page in pages] == [499, 500, 401]
    assert [page.original for page in pages] == [OriginalRow('"a"', 0), None, None]
    assert [row.is_dependent for row in rows] == [False] * 700 + [True] * 700
    assert {row.storage_key for row in rows} == {
        key for size in range(1, 701) for key in (f"{size}x/w.png", f"{size}x,wm=w.png/a.jpg")
    }


def test_dependents_do_not_count_as_derivatives_of_their_watermark(world: World) -> None:
    assert world.rows() == {}
    originals.write(TABLE, "w.png", OriginalRow('"a"', 0), None)
    write_row("w.png", "x9")
    write_dependent(TABLE, "w.png", "1x,wm=w.png/a.jpg", '"etag"')
    assert index.list_derivatives(TABLE, "w.png", 1) == {"x9"}
