"""Who may do what, and which grants are in force."""
