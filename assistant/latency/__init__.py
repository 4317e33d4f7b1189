"""Measuring, outside the path: when each thing happened, and what that makes."""
