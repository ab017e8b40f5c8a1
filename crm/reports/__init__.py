"""Numbers over many deals, each computed in one place for screens, files and the API."""
