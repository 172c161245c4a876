"""The page in a real browser: `make test-browser`; needs Debian's chromium."""
