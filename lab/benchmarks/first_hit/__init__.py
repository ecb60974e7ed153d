"""`make bench-first-hit`: the first request for an image, with the latencies of AWS, and two other designs in Node."""
