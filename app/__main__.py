"""``python -m app`` is ``vox``."""

from app.cli import main

main(prog_name="vox")
