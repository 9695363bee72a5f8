# SPDX-License-Identifier: Apache-2.0
"""The Graph API's errors: (code, subcode) pairs, which is what a client has to classify on."""

import json
import random

from .http import Response

# name: (HTTP status, code, subcode or None, message)
ERRORS = {
    "unknown": (500, 1, None, "An unknown error occurred"),
    "unknown_sent": (500, 1, 1357046, "Message may have been sent, but an error occurred"),
    "temporary": (503, 2, None, "Service temporarily unavailable"),
    "wrong_object": (400, 3, None, "(#3) Application does not have the capability to make this API call."),
    "unknown_path": (400, 2500, None, "Unknown path components"),
    "no_token": (401, 104, None, "An access token is required to request this resource."),
    "bad_token": (401, 190, None, "Invalid OAuth access token - Cannot parse access token"),
    "expired": (401, 190, 463, "Error validating access token: Session has expired."),
    "bad_proof": (400, 100, None, "Invalid appsecret_proof provided in the API argument"),
    "bad_parameter": (400, 100, None, "(#100) {detail}"),
    "no_object": (400, 100, 33, "Unsupported request. Object with ID '{detail}' does not exist or cannot be loaded"),
    "no_user": (400, 100, 2018001, "(#100) No matching user found"),
    "not_igsid": (400, 100, 2534014, "(#100) The requested user cannot be found."),
    "empty_message": (400, 100, 2018034, "(#100) Message cannot be empty, must provide valid attachment or text"),
    "too_large": (400, 100, 2018109, "(#100) Attachment size exceeds allowable limit"),
    "dead_tag": (400, 100, 1893061, "(#100) This message tag is no longer supported"),
    "tag_not_approved": (400, 100, 2018276, "(#100) Feature is not approved: Human Agent"),
    "window_messenger": (400, 10, 2018278, "(#10) This message is sent outside of allowed window."),
    "window_instagram": (400, 10, 2534022, "(#10) This message is sent outside of allowed window."),
    "other_app": (400, 10, 2018300, "(#10) Message failed to send because another app is controlling this thread now."),
    "no_private_reply": (400, 100, 2534025, "(#100) This comment is not valid for a private reply."),
    "blocked_messenger": (400, 551, 1545041, "(#551) This person isn't available right now."),
    "blocked_instagram": (400, 100, 2534013, "(#100) This account cannot be messaged."),
    "access_off": (403, 200, 2534041, "(#200) The owner has switched off access to messages."),
    "no_consent": (400, 230, None, "(#230) User consent is required to access user profile"),
}


class GraphError(Exception):
    def __init__(self, name, detail=""):
        super().__init__(name)
        self.status, self.code, self.subcode, message = ERRORS[name]
        self.message = message.format(detail=detail)

    def response(self, headers=None):
        return error_response(self.status, self.code, self.subcode, self.message, headers)


def error_response(status, code, subcode, message, headers=None):
    error = {"message": message, "type": "OAuthException", "code": code}
    if subcode:
        error["error_subcode"] = subcode
    error["fbtrace_id"] = "A" + "".join(random.choices("ABCDEFGHIJKLMNOPabcdefghijklmnop0123456789_", k=22))
    return Response.of_json({"error": error}, status, headers)


def rate_limited(account, code, retry_after):
    """A rate limit's answer: the code, and the usage headers that say how full the account is and for how long."""
    minutes = max(1, round(retry_after / 60))
    usage = {"call_count": 100, "total_cputime": 20, "total_time": 20}
    business = {account.id: [{"type": account.platform, **usage, "estimated_time_to_regain_access": minutes}]}
    headers = {"X-App-Usage": json.dumps(usage), "X-Business-Use-Case-Usage": json.dumps(business)}
    if retry_after:
        headers["Retry-After"] = str(int(retry_after + 0.999))
    status = 429 if code in (4, 613) else 400
    subcode = 2534040 if code == 613 and account.platform == "instagram" else None
    return error_response(status, code, subcode, f"(#{code}) Calls to this api have exceeded the rate limit.", headers)
