"""The product: see `docs/architecture.md` for the layers and how one observation travels through them."""
