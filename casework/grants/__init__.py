"""Grants to courts, defence and advocates."""
