"""Acts that a person signs with a passkey."""
