// SPDX-License-Identifier: Apache-2.0
#include "config/plugin_options.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "config/schema.hpp"
#include "config/units.hpp"

namespace postern::config {
namespace json = boost::json;
namespace {

constexpr std::string_view kLines = "$lines";

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

/// The type that checks a value of the file. A table may hold anything, also a list of tables.
Type type_of(OptionType type) {
  switch (type) {
    case OptionType::integer:
      return Type::integer;
    case OptionType::boolean:
      return Type::boolean;
    case OptionType::duration:
      return Type::duration;
    case OptionType::size:
      return Type::size;
    case OptionType::secret:
      return Type::secret;
    case OptionType::list:
      return Type::list;
    case OptionType::table:
      return Type::table;
    case OptionType::string:
    case OptionType::real:
      break;
  }
  return Type::string;
}

/// A name as one step of a JSON pointer (RFC 6901).
std::string step(std::string_view name) {
  std::string out = "/";
  for (const char c : name) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

json::value plain(const Node& value) {
  switch (value.kind) {
    case Node::Kind::text:
    case Node::Kind::date:
      return json::string(value.text);
    case Node::Kind::integer:
      return value.number;
    case Node::Kind::real:
      return value.real;
    case Node::Kind::boolean:
      return value.number != 0;
    case Node::Kind::list: {
      json::array list;
      for (const Node& item : value.items) list.push_back(plain(item));
      return list;
    }
    case Node::Kind::table: {
      json::object table;
      for (const Member& member : value.members) table.insert_or_assign(member.name, plain(member.value));
      return table;
    }
  }
  return nullptr;
}

void add_lines(json::object& lines, const std::string& pointer, const Node& value) {
  lines.insert_or_assign(pointer, value.place.text());
  for (std::size_t i = 0; i < value.items.size(); ++i)
    add_lines(lines, pointer + "/" + std::to_string(i), value.items[i]);
  for (const Member& member : value.members) add_lines(lines, pointer + step(member.name), member.value);
}

/// Durations in milliseconds, sizes in bytes, the presence of a secret; the rest as it stands.
json::value written(const OptionSpec& spec, const Node& value) {
  const bool text = value.kind == Node::Kind::text;
  switch (spec.type) {
    case OptionType::secret:
      return true;
    case OptionType::duration:
      return text ? parse_duration(value.text).value_or(0) / kMilli : 0;
    case OptionType::size:
      return text ? parse_size(value.text).value_or(0) : value.number;
    case OptionType::real:
      return value.kind == Node::Kind::integer ? double(value.number) : value.real;
    default:
      return plain(value);
  }
}

/// The options of one section, checked against its specs.
class Options {
 public:
  Options(const std::vector<Member>& given, Place place, Problems& problems)
      : given_(given), place_(place), problems_(problems) {}

  void check(std::span<const OptionSpec> specs, bool per_account, std::string_view reserved_section) {
    for (const Key& key : daemon_schema())
      if (key.section == reserved_section) known_.push_back(key.name);
    for (const OptionSpec& spec : specs) {
      if (spec.per_account != per_account) continue;
      known_.push_back(spec.name);
      const Member* member = find(spec.name);
      if (member == nullptr) {
        if (spec.required) problems_.add(place_, in_quotes(spec.name) + " is missing", spec.help);
      } else if (good(spec, *member)) {
        json_.insert_or_assign(spec.name, written(spec, member->value));
        if (spec.type != OptionType::secret) add_lines(lines_, step(spec.name), member->value);
      }
    }
    for (const OptionSpec& spec : specs)
      if (const Member* member = spec.per_account != per_account ? find(spec.name) : nullptr) {
        known_.push_back(spec.name);
        problems_.add(member->place, in_quotes(spec.name) + " stands in the wrong section",
                      spec.per_account ? "write it into each [account.NAME]" : "write it into [platform.NAME]");
      }
  }

  void check(std::span<const CredentialSpec> credentials) {
    for (const CredentialSpec& credential : credentials) {
      known_.push_back(credential.name);
      const Member* member = find(credential.name);
      static const Key kCredential = {"", "", Type::secret, "", false, true, ""};
      Key key = kCredential;
      key.name = credential.name;
      if (member != nullptr)
        check_value(key, member->value, problems_);
      else if (credential.required)
        problems_.add(place_, "the credential " + in_quotes(credential.name) + " is missing",
                      credential.name + " = { credential = \"…\" } or { file = \"…\" }");
    }
  }

  /// What has not been asked for is a mistake.
  void refuse_others() {
    for (const Member& member : given_) {
      if (std::find(known_.begin(), known_.end(), member.name) != known_.end()) continue;
      const std::string_view meant = nearest(member.name, known_);
      problems_.add(
          member.place, "unknown key " + in_quotes(member.name),
          meant.empty() ? "the plugin has no such option; remove it" : "did you mean " + in_quotes(meant) + "?");
    }
  }

  json::object take() { return std::move(json_); }
  json::object take_lines() { return std::move(lines_); }

 private:
  const Member* find(std::string_view name) const {
    const auto found =
        std::find_if(given_.begin(), given_.end(), [&](const Member& member) { return member.name == name; });
    return found == given_.end() ? nullptr : &*found;
  }

  bool good(const OptionSpec& spec, const Member& member) {
    if (spec.type == OptionType::real) {
      if (member.value.kind == Node::Kind::real || member.value.kind == Node::Kind::integer) return true;
      problems_.add(member.value.place,
                    in_quotes(spec.name) + ": expected a number, found " + member.value.described());
      return false;
    }
    const Key key = {"", spec.name, type_of(spec.type), "", false, true, spec.help};
    return check_value(key, member.value, problems_);
  }

  const std::vector<Member>& given_;
  const Place place_;
  Problems& problems_;
  std::vector<std::string_view> known_;
  json::object json_, lines_;
};

json::object account_json(const AccountSection& account, std::span<const OptionSpec> specs,
                          std::span<const CredentialSpec> credentials, json::object& lines, Problems& problems) {
  Options options(account.options, account.place, problems);
  options.check(specs, true, "account.NAME");
  options.check(credentials);
  options.refuse_others();
  for (const auto& [pointer, place] : options.take_lines())
    lines.insert_or_assign("/accounts" + step(account.name) + std::string(pointer), place);
  json::object out = {{"id", account.id}};
  for (auto& [name, value] : options.take()) out.insert_or_assign(name, value);
  return out;
}

}  // namespace

std::string handler_json(const HandlerSection& section, std::span<const OptionSpec> specs, Problems& problems) {
  Options options(section.options, section.place, problems);
  options.check(specs, false, "handler.NAME");
  options.refuse_others();
  json::object out = options.take();
  out.insert_or_assign(kLines, options.take_lines());
  return json::serialize(out);
}

std::string platform_json(const Config& config, const PlatformSection& section, std::span<const OptionSpec> specs,
                          std::span<const CredentialSpec> credentials, Problems& problems) {
  Options options(section.options, section.place, problems);
  options.check(specs, false, "platform.NAME");
  options.refuse_others();
  json::object out = options.take(), lines = options.take_lines(), accounts;
  for (const AccountSection& account : config.accounts)
    if (account.platform == section.name)
      accounts.insert_or_assign(account.name, account_json(account, specs, credentials, lines, problems));
  out.insert_or_assign("accounts", std::move(accounts));
  out.insert_or_assign(kLines, std::move(lines));
  return json::serialize(out);
}

std::string account_options_json(const AccountSection& account, std::span<const OptionSpec> specs) {
  json::object out;
  for (const Member& member : account.options)
    for (const OptionSpec& spec : specs)
      if (spec.per_account && spec.name == member.name && spec.type != OptionType::secret)
        out.insert_or_assign(spec.name, written(spec, member.value));
  return json::serialize(out);
}

}  // namespace postern::config
