import hashlib
import hmac
import time
from urllib.parse import quote


def sign(params, key_number, secret, now=None):
    """The call with its time and signature. secret: 64 hexadecimal digits, as the console shows them."""
    params = {name: str(value) for name, value in params.items() if value is not None and name != "sig"}
    params |= {"ts": str(int(now or time.time())), "sigkey": str(key_number)}
    return {**params, "sig": hmac.new(bytes.fromhex(secret), canonical(params), hashlib.sha256).hexdigest()}


def canonical(params):
    """What is signed: name=value, both percent-encoded, in the order of the names, joined with &."""
    encoded = sorted((quote(name, safe=""), quote(value, safe="")) for name, value in params.items())
    return "&".join(f"{name}={value}" for name, value in encoded).encode()
