"""SDP, DTLS-SRTP, sockets."""
