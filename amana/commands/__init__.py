"""Commands by subject, one module each. `amana.cli.SUBJECTS` lists those that add commands."""
