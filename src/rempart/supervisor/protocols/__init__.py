"""How bytes become requests: uvicorn's protocol, with our bounds and our short road."""
