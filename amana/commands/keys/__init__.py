"""Commands about the keys of a center: the vault's lock, protection, recovery from shares."""
