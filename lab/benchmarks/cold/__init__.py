"""`make bench-cold`: the first request to a fresh process of the function's image, beside the same in Node."""
