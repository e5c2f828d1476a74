"""What is covered or cut in a working copy, and face detection for it."""
