"""Places where private keys live while they are in use."""
