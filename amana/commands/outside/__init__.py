"""Commands about parties outside of the center: witnesses, monitors, time-stamping authorities, readers."""
