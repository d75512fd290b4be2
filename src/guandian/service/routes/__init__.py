"""The addresses of the service, a file a subject; each is short: it asks a part and answers."""
