"""Cases: who works on them, consent, description, history."""
