"""Models behind HTTP: their SDKs, what is sent and read, and how their errors are told."""
