"""Shows the dead letters of a stack, and with --apply puts them back into the queue that they came from.

Exit status 1 if there are dead letters, but all of them are hidden by another run at this moment.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from ops.stack import add_stack_options, find_target, read_deployed

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

HIDDEN_SECONDS = 60
"""How long a message is hidden from other readers: long enough to read all of them once."""
LONG_POLL_SECONDS = 1
"""How long a call waits for a message: without it, SQS asks only some of its servers."""
AT_ONCE = 10
"""Messages of one call: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""
    add_stack_options(parser)
    parser.add_argument("--apply", action="store_true", help="put them back into the queue")


def run(options: argparse.Namespace) -> int:
    """Show or move the dead letters."""
    deployed = read_deployed(find_target(options))
    client, dead = deployed.client("sqs"), deployed.output("DeadLettersUrl")
    number = redrive(client, dead, deployed.output("SourceEventsUrl"), apply=options.apply)
    if not number and (hidden := count_hidden(client, dead)):
        print(f"{hidden} dead letters are hidden by another run: try again in {HIDDEN_SECONDS} seconds.")
        return 1
    if not number:
        print("There are no dead letters.")
    elif options.apply:
        print(f"{number} dead letters were put back into the queue.")
    else:
        print(f"{number} dead letters. Nothing was changed: fix the cause, then put them back with --apply (APPLY=1).")
    return 0


def read_letters(client: Any, url: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - boto3's sqs client
    """Yield the messages of a queue, each once, until no more come."""
    seen: set[str] = set()
    while messages := client.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=AT_ONCE,
        VisibilityTimeout=HIDDEN_SECONDS,
        WaitTimeSeconds=LONG_POLL_SECONDS,
        MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
    ).get("Messages"):
        fresh = [message for message in messages if message["MessageId"] not in seen]
        if not fresh:
            return
        seen.update(message["MessageId"] for message in fresh)
        yield from fresh


def describe(message: dict[str, Any]) -> str:
    """Return one line: when the message was sent, and its keys."""
    sent = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    subject = "".join(character if character.isprintable() else "?" for character in _subject(message["Body"]))
    return f"{sent:%Y-%m-%d %H:%M:%S}  {subject}"


def _subject(body: str) -> str:
    try:
        notification = json.loads(body)
        if "NextPass" in notification:
            return f"another pass over {notification['NextPass']['Key']!r}"
        if "Reconcile" in notification:
            return f"reconciliation, {notification['Reconcile'] or 'its start'}"
        records = [(record["eventName"], record["s3"]["object"]["key"]) for record in notification["Records"]]
        return ", ".join(f"{event} {unquote_plus(key)!r}" for event, key in records)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return f"not a notification: {body[:100]!r}"


def redrive(client: Any, dead: str, source: str, *, apply: bool) -> int:  # noqa: ANN401 - boto3's sqs client
    """Print the messages, move them if told to, and return their number.

    Each is sent before it is deleted: an interruption in between repeats one, which is harmless, and loses none.
    Messages that were only shown are made visible again at once.
    """
    handles = []
    for message in read_letters(client, dead):
        print(describe(message))
        handles.append(message["ReceiptHandle"])
        if apply:
            client.send_message(QueueUrl=source, MessageBody=message["Body"])
            client.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
    if not apply:
        _show_again(client, dead, handles)
    return len(handles)


def _show_again(client: Any, dead: str, handles: list[str]) -> None:  # noqa: ANN401 - boto3's sqs client
    """Make messages visible again. SQS reports those that are visible already as failed entries; they are ignored."""
    entries = [{"Id": str(at), "ReceiptHandle": handle, "VisibilityTimeout": 0} for at, handle in enumerate(handles)]
    for start in range(0, len(entries), AT_ONCE):
        client.change_message_visibility_batch(QueueUrl=dead, Entries=entries[start : start + AT_ONCE])


def count_hidden(client: Any, dead: str) -> int:  # noqa: ANN401 - boto3's sqs client
    """Return the number of messages that another run has read, or had read when it was killed."""
    name = "ApproximateNumberOfMessagesNotVisible"
    return int(client.get_queue_attributes(QueueUrl=dead, AttributeNames=[name])["Attributes"][name])
