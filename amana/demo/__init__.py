"""The demonstration: a simulated room, from recording to verification."""
