"""A simulation of traffic at internet scale, compared with AWS's quotas."""
