"""The interview room: WebRTC in, fragments out, and the pages of console and room."""
