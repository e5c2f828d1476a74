"""Confined child processes: previews of files, films, and the confinement itself."""
