"""Traffic at internet scale against AWS's quotas: a simulation."""
