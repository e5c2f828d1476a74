"""The pages of photographs and documents: adding them, guided sets, and intimate ones."""
