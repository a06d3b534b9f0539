"""Autolog: the instrumentations of others, turned on and off by name, sending to Lodeline."""
