"""The rules, pure: values in, values out; no clock, no input or output, no logging, no other floor."""
