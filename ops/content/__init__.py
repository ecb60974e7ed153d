"""What is stored: purge, reconcile, redrive, empty."""
