// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include "places.hpp"

namespace postern::ctl {

Session::Session(Globals globals) : globals_(std::move(globals)), now_(SystemClock().now().wall) {}

std::filesystem::path Session::runtime_dir() const {
  return ctl::runtime_dir(globals_.socket, globals_.config);
}

json::value Session::ask(std::string_view method, const json::object& params, Micros patience) {
  if (!client_) client_ = std::make_unique<Client>(runtime_dir());
  if (globals_.timeout) patience = static_cast<Micros>(*globals_.timeout * static_cast<double>(kSecond));
  return client_->call(method, params, patience);
}

bool Session::print_json(const json::value& answer) const {
  if (globals_.json) line(json::serialize(answer));
  return globals_.json;
}

}  // namespace postern::ctl
