"""Recording a part: no database, no web.

Most of it runs in the recorder child. `live_reader` and `safety_intake` run in the web process; `recovery`,
`channel`, `child_config`, `ticket`, `safety_cutoff` and `pending_notes_file` are shared with the processes
that start, observe and follow a child.
"""
