"""The transcoding core: bytes and values in, bytes and values out. It knows no environment, no network and no AWS."""
