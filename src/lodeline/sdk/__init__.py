"""What an application links against: tracing, delivery, and the client of the native API."""
