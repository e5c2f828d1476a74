"""The pages of interview rooms: their present state, their schedule, and the machines in them."""
