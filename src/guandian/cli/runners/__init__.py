"""Runners of commands: their work watched, stopped, with a word on how to go on."""
