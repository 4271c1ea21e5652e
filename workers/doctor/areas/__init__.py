"""One area a file: `CHECKS`, and `look` that makes them. A new file is found by itself."""
