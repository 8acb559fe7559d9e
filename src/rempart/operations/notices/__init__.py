"""What is done after an act, by the worker: telling people what happened to their account."""
