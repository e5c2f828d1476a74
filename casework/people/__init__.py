"""Staff, how they sign in, and keys that speak for them."""
