"""The gateway to every sealed item: viewing, export, what a court has excluded."""
