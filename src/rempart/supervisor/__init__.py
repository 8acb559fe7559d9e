"""The start, the watch and the stop of a platform's processes, each under its own user when started as root."""
