"""A cost model in pure functions: the monthly bill of this service and of other designs, from their traffic."""
