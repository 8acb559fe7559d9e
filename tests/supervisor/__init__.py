"""Tests of the processes: their walls, their starts and their ends."""
