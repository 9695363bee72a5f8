// SPDX-License-Identifier: Apache-2.0
// Table `token` of keys.db: what platforms have issued to accounts. The texts in clear are wiped.
#include <openssl/crypto.h>

#include <algorithm>
#include <boost/json.hpp>

#include "core/interned.hpp"
#include "core/json_text.hpp"
#include "ledger/format/sealed.hpp"
#include "ledger/keys_db.hpp"

namespace postern::ledger {
namespace {

namespace json = boost::json;

constexpr std::size_t kRoom = 64 * 1024;  // for one row in clear: it must not grow, or a copy would be left behind

template <typename Text>
void wipe(Text& text) {
  OPENSSL_cleanse(text.data(), text.size());
}

std::string_view text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string_view(string->data(), string->size()) : std::string_view();
}

void write_clear(const core::TokenRow& row, std::string& out) {
  core::JsonObject object(out);
  object.add("account", row.account).add("seed", hex(row.seed)).add_if("trouble", row.trouble);
  if (row.tokens) {
    object.raw("tokens", "");
    core::JsonObject tokens(out);
    for (const auto& [name, value] : *row.tokens) tokens.add(name, value.reveal());
    tokens.end();
  }
  object.end();
}

bool read_clear(std::string_view text, core::TokenRow& row) {
  Bytes buffer(4 * kRoom);
  json::monotonic_resource memory(buffer.data(), buffer.size());
  json::error_code code;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), code, &memory);
  const auto* object = code ? nullptr : value.if_object();
  const auto seed = object ? unhex(text_of(*object, "seed")) : std::nullopt;
  const bool good = seed && seed->size() == row.seed.size() && text_of(*object, "account") == row.account;
  if (good) {
    std::copy(seed->begin(), seed->end(), row.seed.begin());
    row.trouble = text_of(*object, "trouble");
    if (const auto* list = object->if_contains("tokens"); list && list->is_object()) {
      auto tokens = std::make_shared<Tokens>();
      for (const auto& [name, each] : list->get_object())
        if (const auto* token = each.if_string())
          tokens->emplace(std::string(name), Secret(std::string(token->data(), token->size())));
      row.tokens = std::move(tokens);
    }
  }
  wipe(buffer);
  return good;
}

}  // namespace

std::vector<core::TokenRow> KeyReader::tokens() {
  std::vector<core::TokenRow> rows;
  Sealer sealer{std::string(kKeysOrigin)};
  for (select_tokens_.query(); select_tokens_.next();) {
    core::TokenRow row;
    row.account = core::intern(select_tokens_.text(0));
    row.asked = select_tokens_.integer(1);
    row.due = select_tokens_.integer(2);
    row.ends = select_tokens_.integer(3);
    const auto* kek = keks_.find(select_tokens_.integer(4));
    auto opened = kek ? sealer.open(token_key(*kek), 0, select_tokens_.blob(5)) : failure("the KEK is gone");
    if (!opened) continue;
    if (read_clear(chars(*opened), row)) rows.push_back(std::move(row));
    wipe(*opened);
  }
  return rows;
}

Sql<void> KeyWriter::write(const std::vector<const core::TokenRow*>& tokens) {
  const crypto::Key key = token_key(keks_.current());
  Sealer sealer{std::string(kKeysOrigin)};
  std::string clear;
  clear.reserve(kRoom);
  Transaction transaction(database_);
  for (const auto* row : tokens) {
    clear.clear();
    write_clear(*row, clear);
    Bytes sealed;
    sealer.seal(key, crypto::random_key(), 0, clear, sealed);
    insert_token_.run(row->account, row->asked, row->due, row->ends, keks_.newest(), sealed);
  }
  clear.resize(clear.capacity());
  wipe(clear);
  return transaction.commit();
}

}  // namespace postern::ledger
