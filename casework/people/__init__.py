"""Staff, how they sign in, and the keys that sign for them."""
