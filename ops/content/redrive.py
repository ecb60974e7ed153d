"""Shows the dead letters of a stack, and with --apply puts them back into the queue that they came from."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import boto3

from ops.program import parse, run
from ops.stack import read_deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

HIDDEN_SECONDS = 60
"""How long a letter is hidden from others who look: long enough to see all of them once."""
AT_ONCE = 10
"""Messages of a call: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html"""


def letters(client: Any, url: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 (boto3's sqs client)
    """Yield the messages of a queue, each once, until no more come."""
    seen: set[str] = set()
    while messages := client.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=AT_ONCE,
        VisibilityTimeout=HIDDEN_SECONDS,
        WaitTimeSeconds=1,
        MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
    ).get("Messages"):
        fresh = [message for message in messages if message["MessageId"] not in seen]
        if not fresh:
            return
        seen.update(message["MessageId"] for message in fresh)
        yield from fresh


def describe(message: dict[str, Any]) -> str:
    """Return one line for a person: when it was sent, and which keys it is about."""
    sent = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    subject = "".join(character if character.isprintable() else "?" for character in _subject(message["Body"]))
    return f"{sent:%Y-%m-%d %H:%M:%S}  {subject}"


def _subject(body: str) -> str:
    try:
        notification = json.loads(body)
        if "ComeBack" in notification:
            return f"another pass over {notification['ComeBack']['Key']!r}"
        if "Reconcile" in notification:
            return f"reconciliation, {notification['Reconcile'] or 'its beginning'}"
        records = [(record["eventName"], record["s3"]["object"]["key"]) for record in notification["Records"]]
        return ", ".join(f"{event} {unquote_plus(key)!r}" for event, key in records)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return f"no notification: {body[:100]!r}"


def redrive(client: Any, dead: str, source: str, *, apply: bool) -> int:  # noqa: ANN401 (boto3's sqs client)
    """Print the letters, move them if told to, and return how many there are.

    Each is sent before it is deleted, so that dying in between repeats one, which does no harm, and loses none. Those
    that were only looked at can be had again at once, by who puts them back next.
    """
    handles = []
    for message in letters(client, dead):
        print(describe(message))
        handles.append(message["ReceiptHandle"])
        if apply:
            client.send_message(QueueUrl=source, MessageBody=message["Body"])
            client.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
    if not apply:
        _show_again(client, dead, handles)
    return len(handles)


def _show_again(client: Any, dead: str, handles: list[str]) -> None:  # noqa: ANN401 (boto3's sqs client)
    """End the hiding of letters; one that is over already is a failure of that letter alone, and none here."""
    entries = [{"Id": str(at), "ReceiptHandle": handle, "VisibilityTimeout": 0} for at, handle in enumerate(handles)]
    for start in range(0, len(entries), AT_ONCE):
        client.change_message_visibility_batch(QueueUrl=dead, Entries=entries[start : start + AT_ONCE])


def count_hidden(client: Any, dead: str) -> int:  # noqa: ANN401 (boto3's sqs client)
    """Return how many letters are hidden, because somebody is looking at them, or was killed while he did."""
    name = "ApproximateNumberOfMessagesNotVisible"
    return int(client.get_queue_attributes(QueueUrl=dead, AttributeNames=[name])["Attributes"][name])


def main() -> int:
    """Show or move the dead letters of the stack that the command line names.

    The exit status is 1 where there are some, and all of them are hidden.
    """
    arguments = parse(__doc__ or "")
    outputs = read_deployed(arguments.stack).outputs
    client, dead = boto3.client("sqs"), outputs["DeadLettersUrl"]
    number = redrive(client, dead, outputs["SourceEventsUrl"], apply=arguments.apply)
    if not number and (hidden := count_hidden(client, dead)):
        print(f"{hidden} are hidden, because somebody has just looked at them: try again in {HIDDEN_SECONDS} seconds.")
        return 1
    if not number:
        print("There are no dead letters.")
    elif arguments.apply:
        print(f"{number} were put back into the queue.")
    else:
        print(f"{number} dead letters. Nothing was changed: mend the cause, then APPLY=1 puts them back.")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
