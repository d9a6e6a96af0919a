"""Answers of the server itself, before Django sees a request."""

import json

from aiohttp import HttpVersion10, HttpVersion11, web

from clicktrail.control.server import limits

SERVER = "clicktrail"
API = "/api/v"
PROBLEM_TYPE = "urn:clicktrail:problem:"

SENTENCES = {
    400: "The request cannot be read.",
    408: "The request was not complete in time.",
    413: "The request is larger than this address takes from this sender.",
    417: "The server knows no other expectation than 100-continue.",
    429: "Too many requests of this address are being answered: try again in a second.",
    431: "The headers of the request are too long.",
    500: "The server met an error of its own.",
    501: "The server knows no other transfer coding than chunked.",
    503: "The server is busy: try again in a second.",
    505: "The server speaks HTTP/1.1.",
}
API_CODES = {
    413: ("too_large", "The request is too large", "Send less at once, with a valid API key."),
    429: ("too_many_requests", "Too many requests", "Wait as long as the header Retry-After says."),
}
"""Status -> code, title, hint, as the API itself gives them."""
API_BAD_REQUEST = ("bad_request", "The request cannot be read", "Check the address, the Host header and the headers.")
API_FAULT = ("fault", "Something went wrong here", "Nothing was changed by it. Send it again a little later.")


def refuse_head(request: web.BaseRequest) -> web.Response | None:
    """What is refused by its head alone."""
    if request.version not in (HttpVersion10, HttpVersion11):
        return refuse(request, 505)
    names = [name.lower() for name, _ in request.raw_headers]
    codings = [value.strip().lower() for name, value in request.raw_headers if name.lower() == b"transfer-encoding"]
    if codings and codings != [b"chunked"]:
        return refuse(request, 501)
    if codings and b"content-length" in names:
        return refuse(request, 400)
    if names.count(b"host") > 1 or request.method == "CONNECT":
        return refuse(request, 400)
    if sum(len(name) + len(value) + 4 for name, value in request.raw_headers) > limits.MAX_HEAD_BYTES:
        return refuse(request, 431)
    if request.headers.get("Expect", "100-continue").lower() != "100-continue":
        return refuse(request, 417)
    return None


def refuse(request: web.BaseRequest, status: int) -> web.Response:
    """For a person one sentence, for the API problem details as all its errors have them."""
    sentence = SENTENCES[status]
    if not request.raw_path.startswith(API):
        return refusal(status, sentence + "\n")
    code, title, hint = API_CODES.get(status, API_FAULT if status >= 500 else API_BAD_REQUEST)
    problem = {
        "type": PROBLEM_TYPE + code, "title": title, "status": status, "code": code, "detail": sentence, "hint": hint,
        "errors": [],
    }  # fmt: skip
    return refusal(status, json.dumps(problem), "application/problem+json")


def refusal(status: int, text: str = "", content_type: str = "text/plain") -> web.Response:
    """The connection closes after it."""
    headers = {"Server": SERVER, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if status in (429, 503):
        headers["Retry-After"] = "1"
    body = text or SENTENCES.get(status, SENTENCES[400]) + "\n"
    answer = web.Response(status=status, text=body, content_type=content_type, charset="utf-8", headers=headers)
    answer.force_close()
    return answer
