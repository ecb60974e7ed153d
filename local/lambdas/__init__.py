"""Lambda: the functions' processes behind the Runtime API, and the poller of the queue."""
