"""Commands about parties outside the center: witnesses, monitors, time-stamping authorities, readers."""
