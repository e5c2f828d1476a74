"""What an installation has: its folder, local authority, incidents."""
