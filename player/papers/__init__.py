"""Papers for people, typeset and signed."""
