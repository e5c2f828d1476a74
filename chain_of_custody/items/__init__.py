"""What is sealed: recordings, files, derivatives."""
