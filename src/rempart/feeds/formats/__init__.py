"""The member file: its columns, its manifest, how it is read, checked and written (docs/reference/member-file.md)."""
