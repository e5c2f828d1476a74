"""The gateway to every recording: viewing, export, what a court has excluded."""
