"""The interview room: WebRTC input, fragment output, and the pages of console and room.

`__main__` is the recorder child, which loads all of this but `pages`; `pages` runs in the web process.
"""
