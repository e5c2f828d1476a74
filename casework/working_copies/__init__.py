"""Derivatives of sealed evidence: orders, reviews, sealing, the plan of a film."""
