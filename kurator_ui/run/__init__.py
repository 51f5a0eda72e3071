"""Starts and stops the program as a whole: `python -m kurator_ui.run demo|own|stack|serve`."""
