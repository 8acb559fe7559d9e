"""People who do not exist: believable member files for the demo, the tests and the measurements."""
