"""Commands about the keys of a center: protecting them, and recovering them from shares."""
