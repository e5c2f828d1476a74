"""What the routes of all rooms share: the request, its person and its answers."""
