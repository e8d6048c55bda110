"""The ways in: HTTP server, XML-RPC, and the command line client."""
