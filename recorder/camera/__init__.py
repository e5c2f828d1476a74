"""One camera: connection, demultiplexing, feedback."""
