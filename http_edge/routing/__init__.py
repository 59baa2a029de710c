"""What a route is, how a request finds it, who may call it, and what its functions stand on."""
