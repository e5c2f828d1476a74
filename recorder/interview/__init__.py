"""One interview in its child: commands, parts, preflight, status."""
