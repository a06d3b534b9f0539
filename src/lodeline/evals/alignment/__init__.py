"""Alignment: refining a judge by what people said of the same outputs, and finding out whether it helped."""
