"""What a verification found, in words."""
