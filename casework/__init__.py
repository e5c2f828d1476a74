"""People, cases and interviews, and the gateway to evidence.

Layer 2 of the system: it decides who may do what and why. It writes every such act into the custody ledger
(`chain_of_custody`) before it requests keys or bytes from the vault. It does not depend on pages or sockets.
Start reading at `evidence` (the gateway) and `recording` (what supplies it).
"""
