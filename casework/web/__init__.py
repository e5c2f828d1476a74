"""Shared by all routes: the request and its person, the forms of answers, and messages."""
