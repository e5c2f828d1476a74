"""What makes a release of a commit: its wheel and Debian package, what is in them, and their signature."""
