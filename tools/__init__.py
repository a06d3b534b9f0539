"""Developer commands of this repository; no part of the distribution."""
