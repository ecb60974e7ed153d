"""Adapters to AWS: modules with verbs. Nothing else in the functions imports botocore."""
