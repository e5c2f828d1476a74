"""What protects private keys at rest: passphrase, PKCS #11, OpenBao."""
