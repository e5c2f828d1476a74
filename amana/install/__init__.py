"""An installation: its data folder, local authority, incidents."""
