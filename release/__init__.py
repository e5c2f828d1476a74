"""The release of a commit: its wheel and Debian package, their contents, and their signature."""
