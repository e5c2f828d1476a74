"""The work queue of a person: one function for each kind of work, and `queue`, which calls them."""
