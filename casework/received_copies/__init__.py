"""Copies of received files for viewing: which kind fits, the order, the programs that make them."""
