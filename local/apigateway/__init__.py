"""API Gateway: the REST API as deployed, its resource policy and throttling."""
