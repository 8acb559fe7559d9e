"""What a letter about an account says of devices and addresses."""
