"""Tests of the keyring, from its sealed file to its sockets."""
