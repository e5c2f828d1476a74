"""The court room: verified playback, court packages and papers."""
