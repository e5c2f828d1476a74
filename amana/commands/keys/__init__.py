"""The commands about the keys of a center: protecting them, and bringing them back from shares."""
