"""Keyholders: where private keys are held while they are in use."""
