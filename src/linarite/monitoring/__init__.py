"""What operators see of a running server: log lines, and later metrics, resource logs and traces."""
