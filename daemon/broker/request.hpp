// SPDX-License-Identifier: Apache-2.0
// A request as encode wrote it (plugin-api/schema/request.schema.json), for the courier.
#pragma once
#include <boost/json/fwd.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "courier/errand.hpp"

namespace postern::broker {

/// The file of a multipart form, and the form's other fields.
struct Upload {
  std::string name;  ///< of its field
  std::string url;   ///< where it is fetched
  std::string type;  ///< as an attachment's (event.schema.json); its first bytes have to fit
  std::size_t most = 0;
  courier::Fields fields;
};

/// What a codec asks for, beside what the courier needs to know of it.
struct Request : courier::Request {
  std::shared_ptr<const Upload> upload;  ///< null: the body is there
  bool brings_file = false;              ///< of a medium: the answer is the file
};

/// Where a file is, as a codec's `{"media": …}` says: at a URL, or the answer to a request to the account's own
/// platform.
struct FileAt {
  std::string url;           ///< empty: `request`
  courier::Request request;  ///< of a URL only its auth counts
};

struct Encoded {
  std::optional<Request> request;  ///< none: it cannot be sent, for good
  std::string cannot, text;        ///< the plugin's code and sentence
};

/// Whether "{credential:NAME}" in a request stands for a credential: never where a person's words may be in it.
enum class Places { text, filled };

/// Fails, naming the field, where the plugin has broken the schema.
Result<Encoded> parse_encoded(std::string_view json, Places places = Places::text);
Result<Request> parse_request(const boost::json::value& value, Places places = Places::text);
Result<FileAt> parse_file_at(const boost::json::value& value);

}  // namespace postern::broker
