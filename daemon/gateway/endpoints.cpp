// SPDX-License-Identifier: Apache-2.0
#include "gateway/endpoints.hpp"

namespace postern::gateway {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

}  // namespace

Result<Endpoints> Endpoints::make(std::vector<Endpoint> endpoints, std::vector<DeletionEndpoint> deletions) {
  Endpoints made;
  for (auto& endpoint : endpoints) {
    const auto path = "/webhooks/" + endpoint.section + (endpoint.account ? "/" + *endpoint.account : "");
    if (!is_name(endpoint.section) || (endpoint.account && !is_name(*endpoint.account)))
      return failure(path + ": a name is not one", "use 1 to 64 of a-z, 0-9 and -");
    if (endpoint.handshake && !endpoint.handshake->token_param.empty() && endpoint.handshake->token.empty())
      return failure(path + ": the handshake's token is not configured", "set it to what the platform is told");
    auto verifier = Verifier::make(endpoint.signature, endpoint.secrets);
    if (!verifier) return failure(path + ": " + verifier.error().what, verifier.error().remedy);
    // Of several secrets the first is the platform's next, or its only one.
    if (endpoint.handshake) endpoint.handshake->key = key_of(endpoint.signature, endpoint.secrets.front()).value();
    endpoint.secrets.clear();
    const bool added = made.entries_.try_emplace(path, Entry{std::move(endpoint), std::move(*verifier)}).second;
    if (!added) return failure(path + " is configured twice", "give each section and account a name of its own");
  }
  for (auto& deletion : deletions) {
    auto path = "/deletion/" + deletion.section;
    auto verifier = DeletionVerifier::make(std::move(deletion.facts), std::move(deletion.sections), deletion.secrets);
    if (!verifier) return failure(path + ": " + verifier.error().what, verifier.error().remedy);
    made.deletions_.try_emplace(path, DeletionEntry{std::move(*verifier), path, std::move(deletion.public_url)});
  }
  return made;
}

const Endpoints::Entry* Endpoints::find(std::string_view path) const {
  const auto found = entries_.find(path);
  return found == entries_.end() ? nullptr : &found->second;
}

const Endpoints::DeletionEntry* Endpoints::find_deletion(std::string_view path) const {
  const auto found = deletions_.find(path);
  return found == deletions_.end() ? nullptr : &found->second;
}

}  // namespace postern::gateway
