"""The mutations, each with the scenario that shows why the call is there.

These change nothing that the model can see, each for the reason given; they save time, money or a detour:

* reading the destination after the source: what was read is compared with a condition, and the source is read again;
* the source's version *or* its ETag left out of the copy: each of them alone says which bytes are meant;
* deleting an original without `IfMatch`: the mark before it brings a second pass, which would repair what it broke;
* noting the row before the edge is told: a row with `since` is told again, though only when the message comes back;
* `requeue` before `conclude`: a pass that finds the row as it was fails, and comes again;
* beginning a reconciliation beside another, or noting its progress without a condition: both would only do all of it;
* storing a derivative without a condition: the look at the original after it takes back what is of another one.
"""

from __future__ import annotations

from model.mutations import Mutation

SYNCHRONISE = "copier.convergence synchronise"
EQUALISE = "copier.convergence _equalise"
COPY = "copier.convergence _copy"
FIND = "copier.convergence purge"
LOOK = "copier.purging _delete_if_stale"
DERIVE = "resizer.derivation derive"
LEASE = "resizer.lease Lease."

TWO_LAYERS = """
begin an original
view a until cache
upload B
copy
finish 0
wait 241
pass on a until cache
copy
finish 1
"""
"""What goes to a regional cache at the first invalidation is on its way from there to an edge at the second."""

MUTATIONS = (
    Mutation(
        "what the function answers has no tags, although it is cached under the final path",
        "resizer.answer image",
        "derivative.tags",
        '""',
        """
        private
        begin an original
        make 9x9
        upload B
        copy
        """,
    ),
    Mutation(
        "the last pass does not invalidate what the function answered at the final path",
        "copier.convergence _invalidated",
        "next_row=_settled_row(etag), invalidates=True",
        "next_row=_settled_row(etag)",
        """
        private
        begin an original
        make 9x9 until cache
        upload B
        copy
        finish 0
        wait 241
        pass on 9x9/a until cache
        copy
        finish 1
        """,
    ),
    Mutation(
        "the source is not read again after the copy",
        SYNCHRONISE,
        "version_of(objects.head_source(settings.source_bucket, key)) == version_of(source)",
        "True",
        """
        begin nothing
        upload A
        copy until CopyObject
        delete
        copy
        finish 0
        """,
    ),
    Mutation(
        "the copy does not say over what",
        "cloud.objects copy",
        " | _expectation(expected)",
        "",
        """
        begin nothing
        upload A
        copy until CopyObject
        upload B
        copy
        time-out 0
        finish 0
        wait 29
        copy
        late calls happen
        """,
    ),
    Mutation(
        "the copy does not say of what",
        "cloud.objects copy",
        """                CopySource=which,
                CopySourceIfMatch=original.etag,
""",
        """                CopySource={"Bucket": source_bucket, "Key": original.key},
""",
        """
        begin nothing
        upload A
        copy until CopyObject
        upload B
        copy until HeadObject source
        step 0
        restore
        finish 0
        finish 1
        """,
    ),
    Mutation(
        "no mark before a copy",
        COPY,
        "originals.mark(settings.table, source.key)",
        "pass",
        """
        begin an original
        upload B
        copy until Query
        view a
        crash 0
        upload A
        copy
        """,
    ),
    Mutation(
        "no mark before a removal",
        EQUALISE,
        "originals.mark(settings.table, destination.key)",
        "pass",
        """
        begin nothing
        upload A
        copy until Query
        view a
        delete
        copy
        """,
    ),
    Mutation(
        "the mark comes after the copy",
        COPY,
        """    if destination is not None and not _looks_the_same(source, destination, written):
        originals.mark(settings.table, source.key)
    expected = None if destination is None else destination.etag
    etag = objects.copy((settings.source_bucket, source), settings.destination_bucket, written, expected)
""",
        """    expected = None if destination is None else destination.etag
    etag = objects.copy((settings.source_bucket, source), settings.destination_bucket, written, expected)
    if destination is not None and not _looks_the_same(source, destination, written):
        originals.mark(settings.table, source.key)
""",
        """
        begin an original
        upload B
        copy until CopyObject
        step 0
        view a
        crash 0
        upload A
        copy until CopyObject
        step 1
        crash 1
        """,
    ),
    Mutation(
        "other headers go unnoticed",
        "copier.convergence _looks_the_same",
        " and (",
        " or (",
        """
        begin an original
        view a
        upload A text/plain
        copy
        """,
    ),
    Mutation(
        "a row that differs is not behind",
        FIND,
        "row is not None and row.etag != original.state",
        "False",
        """
        begin an original
        view a
        delete
        copy
        """,
    ),
    Mutation(
        "a missing row is behind",
        FIND,
        "row is not None and row.etag",
        "row is None or row.etag",
        """
        begin nothing
        upload A
        copy
        """,
    ),
    Mutation(
        "stale derivatives are not deleted",
        LOOK,
        "objects.delete(bucket, row.storage_key, stored.etag)",
        "pass",
        """
        begin all
        upload B
        copy
        """,
    ),
    Mutation(
        "what was purged does not count",
        FIND,
        "if total or behind:",
        "if behind:",
        """
        begin an original
        make 9x9 until PutObject
        upload B
        copy
        step 0
        crash 0
        wait 241
        view 9x9/a until cache
        copy
        finish 1
        wait 241
        pass on 9x9/a until cache
        copy
        finish 2
        """,
    ),
    Mutation(
        "the first pass does not invalidate",
        FIND,
        "return _invalidated(result, original.state, originals.ROUNDS)",
        "return replace(_invalidated(result, original.state, originals.ROUNDS), invalidates=False)",
        """
        begin an original
        view a
        upload B
        copy
        """,
    ),
    Mutation(
        "the second pass does not invalidate",
        FIND,
        "return _invalidated(result, original.state, row.rounds - 1)",
        "return replace(_invalidated(result, original.state, row.rounds - 1), invalidates=row.rounds == 1)",
        """
        begin an original
        view a until cache
        upload B
        copy
        finish 0
        wait 241
        copy
        wait 241
        pass on a until cache
        copy
        finish 1
        """,
    ),
    Mutation(
        "the last pass does not invalidate",
        "copier.convergence _invalidated",
        "next_row=_settled_row(etag), invalidates=True",
        "next_row=_settled_row(etag)",
        TWO_LAYERS,
    ),
    Mutation(
        "the second pass is the last",
        FIND,
        "row.rounds - 1",
        "0",
        TWO_LAYERS,
    ),
    Mutation(
        "the rounds are not counted",
        FIND,
        "row.rounds - 1",
        "row.rounds",
        """
        begin an original
        upload B
        copy
        """,
    ),
    Mutation(
        "the rounds are lost on the way to the next page",
        "copier.cursor Cursor.to_json",
        ', "Rounds": self.row.rounds',
        "",
        """
        begin all
        watermark B
        copy
        copy
        make 1x1,wm=w
        make 9x9,wm=w
        """,
    ),
    Mutation(
        "settling is put off, but the rounds that were left stay",
        "cloud.table.originals postpone_settlement",
        "SET since = :now, rounds = :rounds",
        "SET since = :now",
        """
        begin an original
        make 9x9 until PutObject
        upload B
        copy
        step 0
        crash 0
        wait 90000
        view 9x9/a until cache
        make 9x9 until UpdateItem
        expire
        copy
        finish 2
        finish 1
        wait 241
        pass on 9x9/a until cache
        copy
        finish 3
        """,
    ),
    Mutation(
        "the first pass settles",
        FIND,
        "originals.ROUNDS",
        "0",
        """
        begin an original
        view a until cache
        upload B
        copy
        finish 0
        """,
    ),
    Mutation(
        "an early pass settles",
        FIND,
        "<= settled",
        "",
        """
        begin an original
        view a until cache
        upload B
        copy
        upload B
        copy
        upload B
        copy
        finish 0
        """,
    ),
    Mutation(
        "the first pass does not come back",
        FIND,
        "return _invalidated(result, original.state, originals.ROUNDS)",
        "return replace(_invalidated(result, original.state, originals.ROUNDS), needs_later_pass=False)",
        """
        begin an original
        upload B
        copy
        """,
    ),
    Mutation(
        "the second pass does not come back",
        FIND,
        "return _invalidated(result, original.state, row.rounds - 1)",
        "return replace(_invalidated(result, original.state, row.rounds - 1), needs_later_pass=False)",
        """
        begin an original
        upload B
        copy
        """,
    ),
    Mutation(
        "an early pass does not come back",
        FIND,
        "needs_later_pass=row.since > 0",
        "needs_later_pass=False",
        """
        begin an original
        upload B
        copy until SendMessage
        refuse 0
        finish 0
        """,
    ),
    Mutation(
        "the row of a removed original is kept",
        "copier.convergence _settled_row",
        "None if etag == REMOVED else ",
        "",
        """
        begin an original
        delete
        copy
        """,
    ),
    Mutation(
        "young rows are forgotten",
        "cloud.table.derivatives _remove",
        "written < :before",
        "written > :before OR written < :before",
        """
        begin an original
        upload B
        copy
        wait 241
        make 9x9 until PutObject
        copy
        finish 0
        """,
    ),
    Mutation(
        "rows are forgotten even if they were written again",
        "cloud.table.derivatives _remove",
        "written < :before",
        "written > :before OR written < :before",
        """
        begin an original
        make 1x1
        upload B
        copy
        wait 241
        copy until DeleteItem
        make 1x1
        finish 0
        """,
    ),
    Mutation(
        "an original's row is written whatever it says",
        "cloud.table.originals write",
        ", ConditionExpression=condition, **with_values",
        "",
        """
        begin an original
        upload B
        copy
        wait 241
        copy until PutItem
        upload C
        copy
        view a
        upload B
        copy until CopyObject
        finish 0
        finish 1
        """,
    ),
    Mutation(
        "an original's row is forgotten whatever it says",
        "cloud.table.originals remove",
        "ConditionExpression=condition",
        'ConditionExpression="attribute_not_exists(nothing)"',
        """
        begin an original
        delete
        copy
        wait 241
        copy
        wait 241
        copy until DeleteItem
        upload A
        copy
        view a
        upload B
        copy until CopyObject
        finish 0
        finish 1
        """,
    ),
    Mutation(
        "keys that the edge was not told of do not fail",
        "copier.batch Batch._invalidate",
        "self.failed.update(tasks)",
        "pass",
        TWO_LAYERS
        + """
        wait 241
        copy until CreateInvalidation
        refuse 2
        finish 2
        """,
    ),
    Mutation(
        "failed messages are not named",
        "copier.app _respond",
        "for message in failed]}",
        "for message in failed[:0]]}",
        """
        begin nothing
        upload A
        copy until CopyObject
        refuse 0
        finish 0
        """,
    ),
    Mutation(
        "a derivative is stored without a row",
        "cloud.table.leases take",
        """dynamodb().put_item(
            TableName=table,
            Item=_row(claim),
            ConditionExpression=FREE,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_OLD",
        )""",
        "{}",
        """
        begin an original
        make 9x9
        """,
    ),
    Mutation(
        "the row is written after the derivative",
        DERIVE,
        """                lease.write(found.state)
                derivative = _store(encoded, transform, found, settings)
""",
        """                derivative = _store(encoded, transform, found, settings)
                lease.write(found.state)
""",
        """
        begin an original
        make 9x9 until ReadBody
        make 9x9 until ReadBody
        refuse 0
        step 0
        refuse 0
        step 0
        refuse 0
        finish 0
        step 1
        step 1
        crash 1
        """,
    ),
    Mutation(
        "without the lease a derivative is stored without a row",
        LEASE + "write",
        "leases.write(self._table, self._claim(etag))",
        "pass",
        """
        begin an original
        make 9x9 until ReadBody
        make 9x9 until ReadBody
        refuse 0
        step 0
        refuse 0
        step 0
        refuse 0
        finish 0
        finish 1
        """,
    ),
    Mutation(
        "a lease never ends",
        "cloud.table.leases take",
        "ConditionExpression=FREE",
        'ConditionExpression=FREE.replace("lease < :now", "lease < :zero")',
        """
        begin an original
        make 9x9 until PutObject
        crash 0
        wait 31
        make 9x9
        """,
    ),
    Mutation(
        "a request waits without end",
        LEASE + "wait",
        "(rest := self._end - time.monotonic()) > 0",
        "rest := 1.0",
        """
        begin an original
        make 9x9 until PutObject
        make 9x9
        """,
    ),
    Mutation(
        "a render that failed leaves its row",
        LEASE + "_undo",
        "leases.undo(self._table, self._claim(self._held), self._before)",
        "pass",
        """
        begin nothing
        upload D
        copy
        make 9x9
        """,
    ),
    Mutation(
        "a render that failed takes a row that was there",
        "cloud.table.leases undo",
        "if before:",
        "if False:",
        """
        begin all
        upload D
        copy until Query
        make 9x9
        finish 0
        """,
    ),
    Mutation(
        "a render that failed takes the row of another",
        "cloud.table.leases undo",
        """Key=row_key(claim.original, claim.transform),
                ConditionExpression="holder = :holder",""",
        """Key=row_key(claim.original, claim.transform),
                ConditionExpression="attribute_not_exists(nothing)",""",
        """
        begin nothing
        upload D
        copy
        make 9x9 until DeleteItem
        upload A
        copy
        make 9x9 until PutObject
        finish 0
        """,
    ),
    Mutation(
        "a row is taken back although its derivative may be stored",
        LEASE + "write",
        "self._before = None",
        "pass",
        """
        begin an original
        make 9x9 until PutObject
        repeat 0
        step 0
        step 0
        refuse 0
        step 0
        refuse 0
        step 0
        refuse 0
        finish 0
        """,
    ),
    Mutation(
        "the original is not read again after a derivative was stored",
        "resizer.derivation _is_current",
        "is_unchanged(settings.destination_bucket, found)",
        "True",
        """
        begin an original
        make 9x9 until PutObject
        upload B
        copy
        finish 0
        """,
    ),
    Mutation(
        "a derivative that was outrun by a change is kept",
        "resizer.derivation _is_current",
        "objects.delete(settings.destination_bucket, derivative.key, derivative.etag)",
        "pass",
        """
        begin an original
        make 9x9 until PutObject
        delete
        copy
        finish 0
        """,
    ),
    Mutation(
        "a stored derivative is served whatever it is made of",
        "cloud.provenance is_made_of",
        "describe(photograph, watermark).items() <= metadata.items()",
        "True",
        """
        begin an original
        make 9x9 until PutObject
        upload B
        copy
        step 0
        crash 0
        make 9x9
        """,
    ),
    Mutation(
        "a removed original is believed only with its mark",
        "cloud.objects head_source",
        'any(entry["Key"] == key for entry in listed.get("Versions", []))',
        "True",
        """
        begin an original
        delete
        copy
        wait 90000
        expire
        """,
    ),
    Mutation(
        "what a reconciliation finds is not repaired",
        "copier.reconciliation_run _repair_key",
        "_repair(differences, settings)",
        "pass",
        """
        begin nothing
        upload A
        lose
        """,
    ),
    Mutation(
        "a reconciliation does not look at the table",
        "copier.reconciliation_run _inspect_keys",
        "Piece(inspected, repaired, ROWS)",
        "Piece(inspected, repaired)",
        """
        begin an original
        delete
        copy
        lose
        """,
    ),
    Mutation(
        "a reconciliation begins each piece where it began the last one",
        "copier.reconciliation_run _inspect_keys",
        "        after = listed.key\n",
        "",
        """
        begin all
        tick
        """,
    ),
    Mutation(
        "a reconciliation does not go on after a piece",
        "copier.reconciliation_run _advance",
        "_send(following, settings)",
        "pass",
        """
        begin all
        tick
        """,
    ),
    Mutation(
        "a reconciliation that died before it sent its next message is not taken up again",
        "copier.reconciliation_run _claim",
        "_send(known, settings)",
        "pass",
        """
        begin an original
        tick
        copy until SendMessage
        crash 0
        """,
    ),
    Mutation(
        "a stale derivative is replaced as if no edge could be fetching it",
        "resizer.derivation _store",
        "originals.postpone_settlement(settings.table, original.object.key)",
        "pass",
        """
        begin an original
        make 9x9 until PutObject
        upload B
        copy
        step 0
        crash 0
        wait 241
        view 9x9/a until cache
        make 9x9
        copy
        finish 1
        wait 241
        pass on 9x9/a until cache
        copy
        finish 2
        """,
    ),
    Mutation(
        "settling is put off only after the derivative was replaced",
        "resizer.derivation _store",
        """    for original in found.originals if found.stored else ():
        originals.postpone_settlement(settings.table, original.object.key)
""",
        "",
        """
        begin an original
        make 9x9 until PutObject
        upload B
        copy
        step 0
        crash 0
        wait 241
        view 9x9/a until cache
        make 9x9 until HeadObject destination
        crash 2
        copy
        finish 1
        wait 241
        pass on 9x9/a until cache
        copy
        finish 3
        """,
    ),
    Mutation(
        "a derivative has no row under its watermark",
        LEASE + "write",
        "derivatives.write_dependent(self._table, self._keys.watermark, self._keys.derivative, etag)",
        "pass",
        """
        begin a watermark
        make 9x9,wm=w
        watermark B
        copy
        """,
    ),
    Mutation(
        "the row under the watermark is written after the derivative",
        DERIVE,
        """                lease.write(found.state)
                derivative = _store(encoded, transform, found, settings)
""",
        """                derivative = _store(encoded, transform, found, settings)
                lease.write(found.state)
""",
        """
        begin a watermark
        make 9x9,wm=w until PutObject
        step 0
        crash 0
        """,
    ),
    Mutation(
        "the watermark is not read again after a derivative was stored",
        "resizer.lookup is_unchanged",
        "for each in found.originals]",
        "for each in found.originals[:1]]",
        """
        begin a watermark
        make 9x9,wm=w until PutObject
        watermark B
        copy
        finish 0
        """,
    ),
    Mutation(
        "a stored derivative is served whatever its watermark is",
        "cloud.provenance describe",
        "WATERMARK: state_of(watermark), ",
        "",
        """
        begin a watermark
        make 9x9,wm=w until PutObject
        watermark B
        copy
        step 0
        crash 0
        make 9x9,wm=w
        """,
    ),
    Mutation(
        "a derivative has the tag of its photograph only",
        "cloud.provenance describe",
        'TAGS: ",".join(tags)',
        "TAGS: described[TAGS]",
        """
        begin a watermark
        make 9x9,wm=w
        view 9x9,wm=w/a
        watermark B
        copy
        """,
    ),
    Mutation(
        "a derivative is compared with its photograph under the watermark too",
        "cloud.provenance is_stale",
        "if not row.is_dependent:",
        "if True:",
        """
        begin a watermark
        watermark B
        copy
        wait 241
        copy
        make 9x9,wm=w
        view 9x9,wm=w/a
        watermark A
        copy
        """,
    ),
    Mutation(
        "only the first page is purged",
        FIND,
        "if page.last:",
        "if False:",
        """
        begin all
        watermark B
        copy
        """,
    ),
    Mutation(
        "a pass that goes on begins again",
        "copier.batch Batch._conclude",
        "Task(task.key, result.next_page)",
        "Task(task.key)",
        """
        begin all
        watermark B
        copy
        """,
    ),
    Mutation(
        "the edge is not told at the end of a purge of many pages",
        FIND,
        "cursor.purged + purged",
        "purged",
        """
        begin a watermark
        make 1x1
        make 1x1,wm=w
        make 9x9,wm=w
        make 9x9 until PutObject
        upload B
        copy
        copy
        copy
        step 0
        crash 0
        wait 241
        view 9x9/a until cache
        copy
        copy
        copy
        finish 1
        wait 241
        pass on 9x9/a until cache
        copy
        finish 2
        """,
    ),
    Mutation(
        "the edge has to wait for the end of a purge of many pages",
        FIND,
        "invalidates=behind and cursor is None",
        "invalidates=False",
        """
        begin all
        view watermarks/w
        watermark B
        copy
        """,
    ),
    Mutation(
        "a pass concludes by what the row says at its end",
        FIND,
        "(cursor.row, cursor.purged + purged)",
        "(index.read(settings.table, original.key, limit=1).original, cursor.purged + purged)",
        """
        begin a watermark
        make 9x9
        make 9x9,wm=w
        upload B
        copy
        copy
        wait 241
        make 9x9 until PutObject
        copy until SendMessage
        repeat 1
        finish 1
        upload C
        copy
        copy
        step 0
        crash 0
        wait 241
        copy the oldest
        wait 241
        view 9x9/a until cache
        copy the oldest
        make 9x9
        copy
        finish 2
        """,
    ),
    Mutation(
        "the last page of a pass whose row has changed comes again, and not the whole",
        "copier.batch Batch._conclude",
        "_requeue(Task(task.key), jitter",
        "_requeue(task, jitter",
        """
        begin all
        watermark B
        copy
        watermark C
        copy
        """,
    ),
    Mutation(
        "a pass that finds a change on a later page goes on",
        "copier.batch Batch._synchronise_and_purge",
        "task.cursor if original.change is Change.NONE else None",
        "task.cursor",
        """
        begin all
        watermark B
        copy
        make 1x1,wm=w
        delete watermark
        copy the oldest
        """,
    ),
    Mutation(
        "the twin of a row is not forgotten",
        "cloud.table.derivatives remove",
        "row.twin is None or _remove(table, *row.twin, before)",
        "True",
        """
        begin a watermark
        make 9x9,wm=w
        delete
        copy
        """,
    ),
    Mutation(
        "the twin of a row is forgotten last",
        "cloud.table.derivatives remove",
        """    if row.twin is None or _remove(table, *row.twin, before):
        _remove(table, row.original, row.name, before)
""",
        """    _remove(table, row.original, row.name, before)
    if row.twin is not None:
        _remove(table, *row.twin, before)
""",
        """
        begin a watermark
        make 9x9,wm=w
        delete
        copy
        wait 241
        copy until DeleteItem
        step 0
        crash 0
        """,
    ),
    Mutation(
        "what the owner says about caching is no part of the state",
        "cloud.provenance state_of",
        'return f"{original.etag} {directives}" if directives else original.etag',
        "return original.etag",
        """
        begin all
        upload A image/png private
        copy
        """,
    ),
    Mutation(
        "a copy does not keep what its owner says about caching",
        "copier.convergence _metadata",
        "ours[OWNER_CACHE_CONTROL] = directives",
        "pass",
        """
        begin an original
        upload A image/png private
        copy
        """,
    ),
    Mutation(
        "a derivative is stored without its owner's directives",
        "resizer.derivation _store",
        "found.owners_cache_control, settings.browser_ttl",
        '"", settings.browser_ttl',
        """
        begin nothing
        upload A image/png private
        copy
        make 9x9
        """,
    ),
    Mutation(
        "an answer is cached in spite of its owner's directives",
        "resizer.app _caching",
        "for_answer(owners,",
        'for_answer("",',
        """
        begin nothing
        upload A image/png private
        copy
        make 9x9
        """,
    ),
    Mutation(
        "the directives of a watermark's owner do not count",
        "cloud.provenance owners_cache_control",
        "for original in originals",
        "for original in originals[:1]",
        """
        begin an original
        watermark A private
        copy
        make 9x9,wm=w
        """,
    ),
    Mutation(
        "only the bytes of an original are looked at again after a render",
        "resizer.lookup is_unchanged",
        "[each and state_of(each) for each in now] == [state_of(each) for each in before]",
        "[each and each.etag for each in now] == [each.etag for each in before]",
        """
        begin an original
        make 9x9 until PutObject
        upload A image/png private
        copy
        finish 0
        """,
    ),
)
