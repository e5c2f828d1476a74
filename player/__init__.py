"""The player: verified playback, court packages and papers."""
