"""What a month costs: a model in pure functions, from traffic to a bill, for this service and for others like it."""
