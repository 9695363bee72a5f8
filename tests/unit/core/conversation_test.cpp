// SPDX-License-Identifier: Apache-2.0
#include "core/conversation.hpp"

#include <boost/json.hpp>

#include "catch.hpp"

using namespace postern;
using namespace postern::core;

TEST_CASE("a conversation comes back from its document") {
  Conversation conversation;
  conversation.thread = "t\"1\n";
  conversation.tags = {"vip", "a \"b\""};
  conversation.attributes = {{"colour", "blue"}, {"odd \"name\"", "\xc3\xa4"}};
  conversation.assigned = "desk";
  conversation.priority = 3;
  conversation.states = {{"desk", R"({"n":1})"}, {"other", "{}"}};
  conversation.private_replies = {"c1"};
  Conversation again;
  again.read_doc(*conversation.doc());
  CHECK(again.thread == conversation.thread);
  CHECK(again.tags == conversation.tags);
  CHECK(again.attributes == conversation.attributes);
  CHECK(again.assigned == "desk");
  CHECK(again.priority == 3);
  CHECK(again.states == conversation.states);
  CHECK(again.private_replies == conversation.private_replies);
  CHECK(*again.doc() == *conversation.doc());
}

TEST_CASE("a contact comes back from its document, and one without a key is a pseudonym alone") {
  Contact contact;
  contact.number = 4;
  contact.id.bytes[0] = 9;
  contact.sender = "7";
  contact.name = "Rita Vaz";
  contact.locale = "pt";
  contact.attributes = {{"a", "b"}};
  contact.looked_up_at = 5;
  const auto again = Contact::from(contact.row());
  CHECK(again->sender == "7");
  CHECK(again->name == "Rita Vaz");
  CHECK(again->locale == "pt");
  CHECK(again->attributes == contact.attributes);
  CHECK(again->looked_up_at == 5);
  auto erased = contact.row();
  erased.doc = nullptr;
  CHECK(Contact::from(erased)->id == contact.id);
  CHECK(Contact::from(erased)->sender.empty());
}

TEST_CASE("the context is JSON, and takes the first name from the name") {
  Conversation conversation;
  conversation.contact = std::make_shared<Contact>();
  conversation.contact->name = "Rita Vaz";
  conversation.tags = {"vip"};
  Turn turn;
  turn.first = true;
  const auto context = boost::json::parse(conversation.context(turn)).as_object();
  CHECK(context.at("first_name").as_string() == "Rita");
  CHECK(context.at("first").as_bool());
  CHECK(context.at("visibility").as_string() == "private");
  CHECK(context.at("tags").as_array().size() == 1);
}

TEST_CASE("each part of a message has an id of its own") {
  Part first, last;
  last.number = 255;
  CHECK(first.id() == first.message);
  CHECK(last.id() != first.id());
}
