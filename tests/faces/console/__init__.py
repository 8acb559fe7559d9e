"""The console's own words and charts; its pages are tried in tests/browser/test_console.py."""
