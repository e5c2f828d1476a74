"""Commands by subject, one module each. `amana.cli.COMMANDS` names the function that adds each command."""
