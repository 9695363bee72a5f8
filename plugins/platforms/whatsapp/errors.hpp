// SPDX-License-Identifier: Apache-2.0
// The errors of the Cloud API. They come as the answer to a request, and with the same codes in a status, after the
// request was accepted.
#pragma once
#include "../meta/answer.hpp"

namespace whatsapp {

using meta::Verdict;

/// Code 1 and what cannot be read leave it open whether something was sent, which a status settles. Of the others the
/// documents say that the message was not accepted.
inline constexpr meta::GraphError kErrors[] = {
    {0, 463, Verdict::pause, "auth", "the access token has expired: issue a new one"},
    {0, 467, Verdict::pause, "auth", "the access token was revoked: issue a new one"},
    {1, 0, Verdict::unclear, "", "Meta reports an unknown error; the message may have been sent"},
    {2, 0, Verdict::retry, "transient", "the API is overloaded or down"},
    {3, 0, Verdict::pause, "configuration", "the app lacks the capability for this call"},
    {4, 0, Verdict::retry, "rate", "the app's rate limit is reached"},
    {10, 0, Verdict::pause, "configuration", "the app lacks a permission"},
    {33, 0, Verdict::failed, "invalid", "the phone number's id does not exist, or was deleted"},
    {100, 0, Verdict::failed, "invalid", "a parameter is wrong"},
    {190, 0, Verdict::pause, "auth", "the access token is invalid or has expired: issue a new one"},
    {368, 0, Verdict::pause, "restricted", "the account is blocked for a breach of policy"},
    {130429, 0, Verdict::retry, "rate", "the number's throughput is reached"},
    {130472, 0, Verdict::failed, "permission", "this person is in an experiment of Meta's and gets no marketing"},
    {131000, 0, Verdict::retry, "transient", "Meta could not send the message, for a reason it does not know"},
    {131005, 0, Verdict::pause, "configuration", "the token lacks a permission"},
    {131008, 0, Verdict::failed, "invalid", "a parameter is missing"},
    {131009, 0, Verdict::failed, "invalid", "a parameter's value is wrong"},
    {131016, 0, Verdict::retry, "transient", "the service is unavailable for the moment"},
    {131021, 0, Verdict::failed, "invalid", "sender and recipient are the same number"},
    {131026, 0, Verdict::failed, "gone",
     "the message cannot be delivered: no WhatsApp, an old one, or terms not accepted"},
    {131030, 0, Verdict::failed, "permission", "a test number writes only to the numbers on its list"},
    {131031, 0, Verdict::pause, "restricted", "the account is locked or restricted"},
    {131042, 0, Verdict::pause, "configuration", "there is a problem with the account's payment method"},
    {131047, 0, Verdict::failed, "window", "more than 24 hours since the person wrote: only a template passes"},
    {131048, 0, Verdict::retry, "rate", "too many messages were blocked or reported as spam", 3600},
    {131049, 0, Verdict::failed, "permission", "Meta keeps marketing from this person for a while"},
    {131050, 0, Verdict::failed, "permission", "the person has stopped marketing messages"},
    {131051, 0, Verdict::failed, "invalid", "this type of message is not supported"},
    {131053, 0, Verdict::retry, "transient", "Meta could not fetch the attachment"},
    {131056, 0, Verdict::retry, "rate", "too many messages to this one person in a short time", 6},
    {131057, 0, Verdict::retry, "transient", "the number is in maintenance"},
    {132000, 0, Verdict::failed, "invalid", "the template wants another number of parameters"},
    {132001, 0, Verdict::failed, "invalid", "there is no such template in this language, or it is not approved"},
    {132005, 0, Verdict::failed, "invalid", "the template's text is too long with these parameters"},
    {132007, 0, Verdict::failed, "invalid", "the template breaks a policy"},
    {132012, 0, Verdict::failed, "invalid", "the template's parameters have another format"},
    {132015, 0, Verdict::failed, "invalid", "the template is paused for its low quality"},
    {132016, 0, Verdict::failed, "invalid", "the template was paused too often and is disabled"},
    {133010, 0, Verdict::pause, "configuration", "the phone number is not registered"},
    {133016, 0, Verdict::retry, "rate", "the number was registered too often", 3600},
};

/// What the table cannot hold: a code that stands for any there, and ranges of codes.
inline constexpr meta::GraphError kAuth{0, 0, Verdict::pause, "auth", "the app user cannot be told: issue a new token"};
inline constexpr meta::GraphError kPermission{0, 0, Verdict::pause, "configuration", "a permission is missing"};
inline constexpr meta::GraphError kUsername{0, 0, Verdict::failed, "invalid", "usernames are not supported here"};

inline const meta::GraphError* find_error(std::int64_t code, std::int64_t subcode) {
  if (code == 0 && subcode == 0) return &kAuth;
  if (const auto* row = meta::find_error(kErrors, code, subcode)) return row;
  if (code >= 200 && code <= 299) return &kPermission;
  return code >= 147001 && code <= 147005 ? &kUsername : nullptr;
}

}  // namespace whatsapp
