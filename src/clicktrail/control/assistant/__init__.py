"""The integration assistant: code for a shop, and a test that shows step by step whether it works."""
