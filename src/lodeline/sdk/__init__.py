"""The SDK: what an application or a notebook uses; light, and without the server."""
