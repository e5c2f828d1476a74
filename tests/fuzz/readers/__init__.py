"""The formats that both verifiers read, with both readers of each, for `tests.fuzz.readers_in_both`."""
