"""What the pages load: scripts, styles and pictures. `static` is served at `/static/`; no other Python."""
