"""The pages of interview rooms: their present state, and the machines in them."""
