"""Webhooks: what happens in an organization, told to other programs over HTTP, after the Standard Webhooks."""
