"""Copies of sealed evidence in several stores."""
