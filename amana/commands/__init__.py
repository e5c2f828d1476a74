"""Commands by subject, one module each. `amana.cli.COMMANDS` names the function that adds each command.

`amana verify` is not here: `amana.cli` passes it to `chain_of_custody.__main__`.
"""
