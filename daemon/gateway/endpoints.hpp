// SPDX-License-Identifier: Apache-2.0
// Which paths there are, and who may post to them.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "gateway/deletion.hpp"
#include "gateway/handshake.hpp"
#include "gateway/signature.hpp"

namespace postern::gateway {

/// One webhook address: /webhooks/<section> or /webhooks/<section>/<account>.
struct Endpoint {
  std::string section;
  std::optional<std::string> account = {};
  Signature signature = {};
  std::vector<Secret> secrets = {};                          ///< at least one, none empty
  std::optional<Handshake> handshake = {};                   ///< its key comes of the secrets
  std::vector<std::string> kept_headers = {"content-type"};  ///< lower case: what `decode` gets to see
};

/// Where a platform says whom it wants forgotten: /deletion/<section>.
struct DeletionEndpoint {
  std::string section;
  Deletion facts = {};
  std::vector<std::string> sections = {};  ///< of the same application
  std::vector<Secret> secrets = {};        ///< at least one, none empty
  std::string public_url = {};             ///< what stands before the path; empty: the host that the request names
};

/// A configuration's endpoints, checked and keyed. Made on any thread, then used by the gateway's alone.
class Endpoints {
 public:
  struct Entry {
    Endpoint endpoint;  ///< without its secrets, which the verifier has
    Verifier verifier;
  };

  Endpoints() = default;
  /// An error names the endpoint that has no secret, a name outside [a-z0-9-]{1,64}, or a path that is taken.
  static Result<Endpoints> make(std::vector<Endpoint> endpoints, std::vector<DeletionEndpoint> deletions = {});

  /// Nothing if the path leads nowhere. Lives as long as this object.
  const Entry* find(std::string_view path) const;
  struct DeletionEntry {
    DeletionVerifier verifier;
    std::string path, public_url;
  };
  const DeletionEntry* find_deletion(std::string_view path) const;

 private:
  std::map<std::string, Entry, std::less<>> entries_;
  std::map<std::string, DeletionEntry, std::less<>> deletions_;
};

}  // namespace postern::gateway
