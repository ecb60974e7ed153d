"""CopyFunction: keeps the destination bucket in step with the source bucket, and purges derivatives."""
