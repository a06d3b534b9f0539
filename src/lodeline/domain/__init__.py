"""The nouns of Lodeline as frozen values; standard library only, one file a noun."""
