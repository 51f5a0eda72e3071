"""The rules of blue/green releases. Plain Python: no Django, no input or output, nothing but the standard library."""
