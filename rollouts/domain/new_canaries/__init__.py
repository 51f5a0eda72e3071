"""Canaries that are made where no policy of Kurator makes them: what for, with which values, and what comes of it."""
