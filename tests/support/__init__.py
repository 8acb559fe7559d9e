"""What several tests stand on: a database, a running platform, the programs of the machine."""
