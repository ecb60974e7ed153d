"""CloudWatch: metrics, the dashboard and traces."""
