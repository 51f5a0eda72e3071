"""Applications of Kurator as a whole: what goes when one is deleted, what keeps one from going, and how one is made."""
