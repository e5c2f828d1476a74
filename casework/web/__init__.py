"""What all routes share: the request and its person, the forms of answers, and messages."""
