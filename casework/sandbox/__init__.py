"""Child processes that can do little: previews of files, films, and what confines them."""
