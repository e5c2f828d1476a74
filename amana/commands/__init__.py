"""Commands by subject, one module each. `amana.cli` asks every module here to `add` its own."""
