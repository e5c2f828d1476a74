"""Protection of private keys at rest: passphrase, PKCS #11, OpenBao."""
