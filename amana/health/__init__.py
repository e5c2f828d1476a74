"""Health of the service: status, metrics."""
