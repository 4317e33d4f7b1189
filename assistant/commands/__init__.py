"""What a person can type, a file for each kind of command; cli.py lists them."""
