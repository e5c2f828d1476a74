"""The writing side of a recorder child: no database, no web."""
