"""The interview room: WebRTC input, fragment output, and the pages of console and room."""
