"""CloudFront: the distribution as deployed, its cache, functions and invalidations."""
