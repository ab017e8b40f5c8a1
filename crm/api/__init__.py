"""The API's own half: with it slices say in their `api.py` what programs may ask."""
