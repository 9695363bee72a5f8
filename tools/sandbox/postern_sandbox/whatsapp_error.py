# SPDX-License-Identifier: Apache-2.0
"""The Cloud API's errors: codes with details, in an answer or in a status."""

from .graph_error import GraphError, error_response

# code: (HTTP status, title)
CODES = {
    1: (500, "An unknown error occurred"),
    2: (503, "Service temporarily unavailable"),
    100: (400, "Invalid parameter"),
    190: (401, "Invalid OAuth access token"),
    368: (403, "Temporarily blocked for policies violations"),
    130429: (429, "Rate limit hit"),
    131000: (500, "Something went wrong"),
    131008: (400, "Required parameter is missing"),
    131009: (400, "Parameter value is not valid"),
    131016: (500, "Service unavailable"),
    131026: (400, "Message undeliverable"),
    131031: (403, "Account has been locked"),
    131042: (400, "Business eligibility payment issue"),
    131047: (400, "Re-engagement message"),
    131049: (400, "This message was not delivered to maintain healthy ecosystem engagement"),
    131050: (400, "Unable to deliver the message: this recipient has chosen to stop marketing messages"),
    131053: (400, "Media upload error"),
    131056: (400, "(Business Account, Consumer Account) pair rate limit hit"),
    132000: (400, "Number of parameters does not match the expected number of params"),
    132001: (404, "Template name does not exist in the translation"),
    132015: (400, "Template is paused"),
}


class CloudError(GraphError):
    def __init__(self, code, details=""):
        Exception.__init__(self, code)
        self.status, self.title = CODES.get(code, (400, "Error"))
        self.code, self.details = code, details

    def response(self, headers=None):
        made = error_response(self.status, self.code, None, f"(#{self.code}) {self.title}", headers)
        error = made.json()["error"]
        error["error_data"] = {"messaging_product": "whatsapp", "details": self.details or self.title}
        return made.of_json({"error": error}, self.status, headers)

    def in_status(self):
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details or self.title},
        }
