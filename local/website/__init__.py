"""S3 website hosting: routing rules and pages."""
