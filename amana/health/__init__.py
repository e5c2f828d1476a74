"""How the service is: status, metrics."""
