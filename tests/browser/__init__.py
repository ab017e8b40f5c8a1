"""What only a browser shows: the suite's own server, a real Chromium, organizations that are stored for good."""
