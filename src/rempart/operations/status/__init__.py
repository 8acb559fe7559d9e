"""What everybody may know of the service: operators publish it, the public page watches it."""
