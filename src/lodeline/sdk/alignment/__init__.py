"""Judges and people's labels: aligning, registering and loading judges, and warning of records they were tuned on."""
