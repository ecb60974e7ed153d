"""`make bench-cold`: the first request to a fresh container of the resize function, and of the same in Node."""
