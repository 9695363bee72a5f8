// SPDX-License-Identifier: Apache-2.0
// The errors of the Send API, which Messenger and Instagram share.
#pragma once
#include "answer.hpp"

namespace meta {

inline constexpr GraphError kSendErrors[] = {
    {0, 2018276, Verdict::failed, "permission", "the app has no approval for the HUMAN_AGENT tag"},
    {0, 463, Verdict::pause, "auth", "the access token has expired: issue a new one"},
    {0, 467, Verdict::pause, "auth", "the access token was revoked: issue a new one"},
    {1, 0, Verdict::unclear, "", "Meta reports an unknown error; the message may have been sent"},
    {2, 2018344, Verdict::pause, "configuration", "the Page has not accepted the platform's privacy terms"},
    {2, 0, Verdict::unclear, "", "Meta reports a temporary error; the message may have been sent"},
    {3, 0, Verdict::failed, "invalid", "the token is not for this object: a Page token needs graph.facebook.com"},
    {4, 0, Verdict::retry, "rate", "the app's rate limit is reached"},
    {10, 2018278, Verdict::failed, "window", "outside the messaging window: the person has to write first"},
    {10, 2534022, Verdict::failed, "window", "outside the messaging window: the person has to write first"},
    {10, 2018065, Verdict::failed, "window", "outside the messaging window: the person has to write first"},
    {10, 2018108, Verdict::failed, "permission", "this person cannot be messaged"},
    {10, 2018300, Verdict::retry, "transient", "another app controls the thread"},
    {10, 1893063, Verdict::pause, "restricted", "the account is temporarily restricted from sending"},
    {10, 0, Verdict::failed, "permission", "the app lacks a permission"},
    {17, 0, Verdict::retry, "rate", "the user's rate limit is reached"},
    {32, 0, Verdict::retry, "rate", "the Page's rate limit is reached"},
    {100, 33, Verdict::failed, "gone", "the object does not exist or cannot be seen with this token"},
    {100, 2018001, Verdict::failed, "gone", "there is no such person"},
    {100, 2018034, Verdict::failed, "invalid", "the message is empty"},
    {100, 2018109, Verdict::failed, "invalid", "the attachment is too large"},
    {100, 1893061, Verdict::failed, "permission", "the message tag no longer exists"},
    {100, 2534001, Verdict::failed, "gone", "the thread was deleted or archived"},
    {100, 2534013, Verdict::failed, "permission", "this person cannot be messaged"},
    {100, 2534014, Verdict::failed, "gone", "there is no such person"},
    {100, 2534025, Verdict::failed, "gone",
     "the comment takes no private reply: answered already, too old, or unknown"},
    {100, 2534029, Verdict::failed, "permission", "this person cannot be messaged"},
    {102, 0, Verdict::pause, "auth", "the session has expired: issue a new access token"},
    {104, 0, Verdict::pause, "auth", "the request carried no access token"},
    {190, 0, Verdict::pause, "auth", "the access token is invalid or has expired: issue a new one"},
    {200, 2534041, Verdict::pause, "configuration", "the owner has switched off \"Allow access to messages\""},
    {200, 0, Verdict::failed, "permission", "the app lacks a permission, or is still in development"},
    {230, 0, Verdict::failed, "permission", "a permission or the person's consent is missing"},
    {299, 0, Verdict::failed, "permission", "a permission is missing"},
    {368, 0, Verdict::pause, "restricted", "the account is blocked for a breach of policy"},
    {551, 0, Verdict::failed, "permission", "this person is not available: blocked, or has to write first"},
    {613, 0, Verdict::retry, "rate", "a rate limit is reached"},
    {1200, 0, Verdict::retry, "transient", "sending failed for the moment"},
};

inline const GraphError* find_send_error(std::int64_t code, std::int64_t subcode) {
  return find_error(kSendErrors, code, subcode);
}

}  // namespace meta
