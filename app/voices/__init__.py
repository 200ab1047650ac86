"""The voice library: recordings of people whose voice VOX may speak with, kept under names.

The way of a recording: ``intake`` decodes and judges it, ``trimming`` chooses what of it is kept,
``library`` keeps it in a folder of its own, described by a ``record``. ``learned`` tells what
Chatterbox has made of it since.
"""
