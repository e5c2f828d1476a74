"""What runs in the background of the web process."""
