"""The program as a service of this computer: its control socket, its life, launchd and systemd."""
