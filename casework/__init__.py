"""People, cases and interviews, and the gateway to evidence.

Floor 2 of the house: it knows who may do what and why, writes every such act into the custody ledger
(`chain_of_custody`) before it asks the vault for keys or bytes, and knows nothing of pages or sockets.
Newcomers start at `evidence` (the gateway) and `recording` (what feeds it).
"""
