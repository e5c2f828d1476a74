"""What is covered or cut in a working copy, and faces found for that."""
