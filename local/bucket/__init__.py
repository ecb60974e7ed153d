"""The REST endpoint of buckets, behind their policies, as CloudFront with an origin access control reads them."""
