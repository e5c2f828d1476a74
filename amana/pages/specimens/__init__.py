"""Pages of specimens: for people with an account, and for those who have a one-time link."""
