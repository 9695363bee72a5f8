// SPDX-License-Identifier: Apache-2.0
// The control socket and the feed over real ZeroMQ, with peers of every kind. The broker's side is played here.
#include "control/control.hpp"

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <thread>

#include "catch.hpp"

using namespace postern;
using namespace postern::control;
namespace json = boost::json;

namespace {

constexpr std::chrono::milliseconds kPatience{10'000};

/// Remembers what it is asked, and answers when the test says so.
struct Broker final : Backend {
  std::string status() override { return R"({"state":"ok"})"; }
  std::string plugins() override { return R"(["plugins"])"; }
  std::string accounts() override { return R"(["accounts"])"; }
  std::string quarantine() override { return R"(["quarantine"])"; }
  std::string outbox() override { return R"(["outbox"])"; }
  std::string counters_of_policy() override { return "{}"; }
  bool command(core::Command&& command) override {
    if (!busy) commands.push_back(std::move(command));
    return !busy;
  }
  bool query(Query&& query, std::optional<core::Record>&& record) override {
    if (busy) return false;
    if (record) noted.push_back(std::move(*record));
    queries.push_back(std::move(query));
    return true;
  }
  bool reload(std::uint64_t reply_to, std::string_view) override {
    reloads.push_back(reply_to);
    return !busy;
  }
  bool connect(std::uint64_t, std::string_view actor, const std::string& account) override {
    connected.push_back(account + " by " + std::string(actor));
    return !busy;
  }
  bool trust(std::uint64_t, std::string_view, std::string section) override {
    trusted.push_back(std::move(section));
    return !busy;
  }
  void note(core::Record record) override { noted.push_back(std::move(record)); }
  bool read_file(std::uint64_t reply_to, std::string_view actor, std::int64_t record) override {
    if (!busy) files.push_back({reply_to, actor, record});
    return !busy;
  }

  bool busy = false;
  std::vector<core::Command> commands;
  std::vector<Query> queries;
  std::vector<std::uint64_t> reloads;
  std::vector<std::string> trusted, connected;
  std::vector<core::Record> noted;  // before the question may be asked
  struct FileRead {
    std::uint64_t reply_to;
    std::string_view actor;
    std::int64_t record;
  };
  std::vector<FileRead> files;
};

struct Rig {
  Rig() {
    std::string name = (std::filesystem::temp_directory_path() / "postern-control-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    control.emplace(
        context, folder, broker,
        [this](std::uint32_t uid) {
          uids.push_back(uid);
          return std::string_view("user:00000000000000000000000000000001");
        },
        Roles(::geteuid()));
  }
  ~Rig() {
    control.reset();
    std::filesystem::remove_all(folder);
  }

  zmq::socket_t peer(zmq::socket_type type, const char* name = "control") {
    zmq::socket_t socket(peers, type);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(kPatience.count()));
    socket.connect("ipc://" + (folder / name).string());
    return socket;
  }
  /// Lets the control socket read until `enough()`, as the broker's thread does.
  template <typename Enough>
  bool serve(Enough enough, std::chrono::milliseconds most = kPatience) {
    const auto until = std::chrono::steady_clock::now() + most;
    while (!enough()) {
      if (std::chrono::steady_clock::now() > until) return false;
      zmq::pollitem_t item{control->socket(), 0, ZMQ_POLLIN, 0};
      zmq::poll(&item, 1, std::chrono::milliseconds(5));
      control->receive();
    }
    return true;
  }
  static bool readable(zmq::socket_t& socket) {
    zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
    return zmq::poll(&item, 1, std::chrono::milliseconds(0)) == 1;
  }
  json::object answer(zmq::socket_t& socket) {
    REQUIRE(serve([&] { return readable(socket); }));
    zmq::message_t frame;
    do REQUIRE(socket.recv(frame));
    while (frame.more());
    return json::parse(std::string(frame.data<char>(), frame.size())).as_object();
  }
  json::object ask(zmq::socket_t& req, std::string_view method, std::string_view params = "{}") {
    req.send(zmq::buffer(R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" +
                         std::string(params) + "}"),
             zmq::send_flags::none);
    return answer(req);
  }
  static std::int64_t code(const json::object& answer) { return answer.at("error").at("code").as_int64(); }

  zmq::context_t context, peers;
  std::filesystem::path folder;
  Broker broker;
  std::vector<std::uint32_t> uids;
  std::optional<Control> control;
};

}  // namespace

TEST_CASE("lists are answered at once") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::req);
  CHECK(rig.ask(tool, "status").at("result").at("state") == "ok");
  for (const char* name : {"plugin", "account", "quarantine", "outbox"})
    CHECK(rig.ask(tool, std::string(name) + ".list").at("result").as_array()[0].as_string().starts_with(name));
  CHECK(rig.uids.back() == getuid());
}

TEST_CASE("a DEALER may ask much at once, and frames of its own come back in front of each answer") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::dealer);
  for (int i = 0; i < 50; ++i) {
    tool.send(zmq::buffer("own " + std::to_string(i)), zmq::send_flags::sndmore);
    tool.send(zmq::buffer(R"({"jsonrpc":"2.0","id":)" + std::to_string(i) + R"(,"method":"status"})"),
              zmq::send_flags::none);
  }
  for (int i = 0; i < 50; ++i) {
    REQUIRE(rig.serve([&] { return Rig::readable(tool); }));
    zmq::message_t own, body;
    REQUIRE(tool.recv(own));
    REQUIRE(own.more());
    REQUIRE(tool.recv(body));
    CHECK(own.to_string() == "own " + std::to_string(i));
    CHECK(json::parse(body.to_string()).at("id").as_int64() == i);
  }
}

TEST_CASE("a command is handed on whole, and answered when the broker says so") {
  Rig rig;
  auto slow = rig.peer(zmq::socket_type::req), quick = rig.peer(zmq::socket_type::req);
  slow.send(zmq::buffer(std::string_view(R"({"jsonrpc":"2.0","id":"s","method":"reply","params":{"id":"own-1",)"
                                         R"("conversation":"c","text":"hi","public":true}})")),
            zmq::send_flags::none);
  REQUIRE(rig.serve([&] { return rig.broker.commands.size() == 1; }));
  const core::Command command = rig.broker.commands.front();
  CHECK(command.method == "reply");
  CHECK(command.id == "own-1");
  CHECK(command.conversation == "c");
  CHECK(command.text == "hi");
  CHECK(command.in_public);
  CHECK(command.actor == "user:00000000000000000000000000000001");

  // Others are served meanwhile.
  CHECK(rig.ask(quick, "status").contains("result"));
  CHECK_FALSE(Rig::readable(slow));
  rig.control->reply({command.reply_to, true, R"({"message":"m"})"});
  const auto late = rig.answer(slow);
  CHECK(late.at("id") == "s");
  CHECK(late.at("result").at("message") == "m");
  rig.control->reply({command.reply_to, true, "{}"});  // a second answer goes nowhere
  CHECK(rig.ask(slow, "status").at("id") == 1);
}

TEST_CASE("numbers reach their commands under the names of the protocol") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::dealer);
  for (const char* text : {R"({"jsonrpc":"2.0","id":1,"method":"quarantine.requeue","params":{"index":77}})",
                           R"({"jsonrpc":"2.0","id":2,"method":"outbox.resolve","params":{"part":513,"as":"drop"}})"})
    tool.send(zmq::buffer(std::string_view(text)), zmq::send_flags::none);
  // Without an empty frame the request itself is all there is besides the routing id.
  REQUIRE(rig.serve([&] { return rig.broker.commands.size() == 2; }));
  CHECK(rig.broker.commands[0].index == 77);
  CHECK(rig.broker.commands[1].index == 513);
  CHECK(rig.broker.commands[1].text == "drop");
}

TEST_CASE("reload, account.connect and plugin.trust are done elsewhere, and answered later") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::dealer);
  tool.send(zmq::buffer(std::string_view(R"({"jsonrpc":"2.0","id":1,"method":"reload"})")), zmq::send_flags::none);
  tool.send(zmq::buffer(std::string_view(
                R"({"jsonrpc":"2.0","id":2,"method":"plugin.trust","params":{"section":"handler.echo"}})")),
            zmq::send_flags::none);
  tool.send(zmq::buffer(
                std::string_view(R"({"jsonrpc":"2.0","id":3,"method":"account.connect","params":{"account":"acme"}})")),
            zmq::send_flags::none);
  REQUIRE(rig.serve([&] { return !rig.broker.connected.empty(); }));
  CHECK(rig.broker.connected.at(0) == "acme by user:00000000000000000000000000000001");
  CHECK(rig.broker.trusted == std::vector<std::string>{"handler.echo"});
  REQUIRE(rig.broker.reloads.size() == 1);
  rig.control->reply({rig.broker.reloads[0], true, R"({"reloaded":true})"});
  CHECK(rig.answer(tool).at("id") == 1);
}

TEST_CASE("an error of the broker is the caller's error") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::req);
  tool.send(zmq::buffer(std::string_view(R"({"jsonrpc":"2.0","id":1,"method":"account.resume","params":{}})")),
            zmq::send_flags::none);
  REQUIRE(rig.serve([&] { return !rig.broker.commands.empty(); }));
  rig.control->reply({rig.broker.commands[0].reply_to, false, error_object(kNotFound, "no such account")});
  const auto answer = rig.answer(tool);
  CHECK(Rig::code(answer) == kNotFound);
  CHECK_FALSE(answer.contains("result"));
}

TEST_CASE("what shows content or names is put on record, and so is an export") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::dealer);
  const std::string id(32, 'a');
  for (const auto& request :
       {R"({"jsonrpc":"2.0","id":1,"method":"show","params":{"conversation":")" + id + R"("}})",
        std::string(R"({"jsonrpc":"2.0","id":2,"method":"conversations"})"),
        std::string(R"({"jsonrpc":"2.0","id":3,"method":"audit.tail"})"),
        std::string(R"({"jsonrpc":"2.0","id":4,"method":"audit.verify"})"),
        std::string(R"({"jsonrpc":"2.0","id":5,"method":"audit.export","params":{"directory":"/x"}})")})
    tool.send(zmq::buffer(request), zmq::send_flags::none);
  REQUIRE(rig.serve([&] { return rig.broker.queries.size() == 5; }));
  REQUIRE(rig.broker.noted.size() == 3);
  CHECK(rig.broker.noted[0].type == "access.read");
  CHECK(rig.broker.noted[0].conversation == *Id::from_hex(id));
  CHECK(rig.broker.noted[1].type == "access.read");
  CHECK(rig.broker.noted[1].conversation == Id{});
  CHECK(rig.broker.noted[2].type == "export.created");
  for (const auto& record : rig.broker.noted) CHECK(record.actor == "user:00000000000000000000000000000001");
  CHECK(rig.broker.queries[4].params == R"({"directory":"/x"})");
}

TEST_CASE("what leaves in files is on record, and the answer to a contact's request is, too") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::dealer);
  const std::string id(32, 'c');
  for (const auto& request :
       {std::string(R"({"jsonrpc":"2.0","id":1,"method":"audit.export","params":{"conversation":")") + id +
            R"(","content":true}})",
        std::string(R"({"jsonrpc":"2.0","id":2,"method":"audit.disclose","params":{"record":17}})"),
        std::string(R"({"jsonrpc":"2.0","id":3,"method":"contact.export","params":{"contact":")") + id +
            R"(","via":"mail"}})",
        std::string(R"({"jsonrpc":"2.0","id":4,"method":"contact.export","params":{"contact":")") + id +
            R"(","via":"a word, \"or\" more"}})"})
    tool.send(zmq::buffer(request), zmq::send_flags::none);
  REQUIRE(rig.serve([&] { return rig.broker.queries.size() == 4; }));
  REQUIRE(rig.broker.noted.size() == 4);
  CHECK(rig.broker.noted[0].decision == "content");
  CHECK(rig.broker.noted[0].conversation == *Id::from_hex(id));
  CHECK(rig.broker.noted[1].decision == "disclosure");
  CHECK(rig.broker.noted[1].count == 17);
  CHECK(rig.broker.noted[2].type == "subject.access");
  CHECK(rig.broker.noted[2].contact == *Id::from_hex(id));
  CHECK(rig.broker.noted[2].decision == "mail");
  CHECK(rig.broker.noted[3].decision == "control");  // a leaf takes no such word
  rig.control->reply({rig.broker.queries[2].reply_to, true, R"({"records":3,"request":40})"});
  rig.control->reply({rig.broker.queries[3].reply_to, false, R"({"code":-32021,"data":{"request":41}})"});
  REQUIRE(rig.broker.noted.size() == 6);
  for (const auto& record : rig.broker.noted) CHECK(record.actor == "user:00000000000000000000000000000001");
  CHECK(rig.broker.noted[4].type == "subject.access");
  CHECK(rig.broker.noted[4].cause == 40);
  CHECK(rig.broker.noted[4].outcome == "ok");
  CHECK(rig.broker.noted[5].cause == 41);
  CHECK(rig.broker.noted[5].outcome == "failed");
}

TEST_CASE("what policy says is asked like a command, for who would speak") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::req);
  const std::string id(32, 'b');
  tool.send(zmq::buffer(R"({"jsonrpc":"2.0","id":1,"method":"policy.explain","params":{"conversation":")" + id +
                        R"(","as":"campaign","public":true}})"),
            zmq::send_flags::none);
  REQUIRE(rig.serve([&] { return rig.broker.commands.size() == 1; }));
  const core::Command& asked = rig.broker.commands[0];
  CHECK(asked.method == "policy.explain");
  CHECK(asked.conversation == id);
  CHECK(asked.text == "campaign");
  CHECK(asked.in_public);
  rig.control->reply({asked.reply_to, true, R"({"outcome":"allow"})"});
  CHECK(rig.answer(tool).at("result").at("outcome") == "allow");
}

TEST_CASE("an unknown method never reaches the broker") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::req);
  CHECK(Rig::code(rig.ask(tool, "rm -rf")) == kNoMethod);
  CHECK(Rig::code(rig.ask(tool, "")) == kNoMethod);
  CHECK(rig.broker.commands.empty());
}

TEST_CASE("a busy broker is said to be busy, and nothing is kept for it") {
  Rig rig;
  rig.broker.busy = true;
  auto tool = rig.peer(zmq::socket_type::req);
  for (const char* method :
       {"reply", "show", "audit.verify", "audit.export", "reload", "plugin.trust", "account.connect"})
    CHECK(Rig::code(rig.ask(tool, method)) == kBusy);
  CHECK(rig.broker.noted.empty());  // nothing was shown
  rig.broker.busy = false;
  CHECK(rig.ask(tool, "status").contains("result"));
}

TEST_CASE("requests without an answer are bounded") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::dealer);
  tool.set(zmq::sockopt::sndhwm, 5000);
  for (int i = 0; i < 1001; ++i)
    tool.send(zmq::buffer(std::string_view(R"({"jsonrpc":"2.0","id":1,"method":"audit.tail"})")),
              zmq::send_flags::none);
  CHECK(Rig::code(rig.answer(tool)) == kBusy);
  CHECK(rig.broker.queries.size() == 1000);
}

TEST_CASE("junk is refused and does no harm") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::dealer);
  std::uint32_t noise = 1;
  for (int i = 0; i < 300; ++i) {
    const std::size_t frames = 1 + (noise % 20);
    for (std::size_t frame = 0; frame < frames; ++frame) {
      std::string bytes(noise % 300, '\0');
      for (char& c : bytes) c = static_cast<char>((noise = noise * 1664525 + 1013904223) >> 24);
      tool.send(zmq::buffer(bytes), frame + 1 < frames ? zmq::send_flags::sndmore : zmq::send_flags::none);
    }
    noise = noise * 1664525 + 1013904223;
  }
  auto honest = rig.peer(zmq::socket_type::req);
  CHECK(rig.ask(honest, "status").contains("result"));
  CHECK(rig.broker.commands.empty());
  CHECK(rig.broker.queries.empty());
}

TEST_CASE("a request of more than one MiB costs its sender the connection, and nobody else anything") {
  Rig rig;
  auto huge = rig.peer(zmq::socket_type::dealer), honest = rig.peer(zmq::socket_type::req);
  CHECK(rig.ask(honest, "status").contains("result"));
  huge.send(zmq::buffer(std::string((1 << 20) + 1, ' ')), zmq::send_flags::none);
  CHECK_FALSE(rig.serve([&] { return Rig::readable(huge); }, std::chrono::milliseconds(200)));
  CHECK(rig.ask(honest, "status").contains("result"));
}

TEST_CASE("a tool that has gone is not waited for") {
  Rig rig;
  {
    auto gone = rig.peer(zmq::socket_type::req);
    gone.send(zmq::buffer(std::string_view(R"({"jsonrpc":"2.0","id":1,"method":"audit.tail"})")),
              zmq::send_flags::none);
    REQUIRE(rig.serve([&] { return !rig.broker.queries.empty(); }));
  }
  rig.control->reply({rig.broker.queries[0].reply_to, true, "{}"});
  auto honest = rig.peer(zmq::socket_type::req);
  CHECK(rig.ask(honest, "status").contains("result"));
}

TEST_CASE("the feed numbers the events of each topic") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::sub, "events");
  tool.set(zmq::sockopt::subscribe, "sent.");
  // A subscription takes effect when the publisher has heard of it: events go out until one comes.
  std::uint64_t published = 0;
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!Rig::readable(tool)) {
    REQUIRE(std::chrono::steady_clock::now() < until);
    rig.control->hear_subscriptions();
    rig.control->publish({.what = "sent", .platform = "messenger", .account = "acme", .detail = {}});
    rig.control->publish({.what = "message", .platform = "messenger", .account = "acme", .detail = {}});
    ++published;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  rig.control->publish({.what = "sent", .platform = "messenger", .account = "acme", .detail = "last"});
  std::uint64_t last = 0;
  for (bool end = false; !end;) {
    zmq::message_t topic, number, event;
    REQUIRE(tool.recv(topic));
    REQUIRE(tool.recv(number));
    REQUIRE(tool.recv(event));
    CHECK_FALSE(event.more());
    CHECK(topic.to_string() == "sent.messenger.acme");
    const std::uint64_t found = std::stoull(number.to_string());
    if (last != 0) CHECK(found == last + 1);
    last = found;
    end = event.to_string().find("last") != std::string::npos;
  }
  CHECK(last == published + 1);
}

TEST_CASE("a file is read by way of the record, not of the reader alone") {
  Rig rig;
  auto tool = rig.peer(zmq::socket_type::req);
  tool.send(zmq::str_buffer(R"({"jsonrpc":"2.0","id":1,"method":"media.get","params":{"media":17}})"),
            zmq::send_flags::none);
  REQUIRE(rig.serve([&] { return !rig.broker.files.empty(); }));
  CHECK(rig.broker.files[0].record == 17);
  CHECK(rig.broker.files[0].actor == "user:00000000000000000000000000000001");
  CHECK(rig.broker.queries.empty());
  rig.control->reply({rig.broker.files[0].reply_to, true, "{\"data\":\"\"}"});
  CHECK(rig.answer(tool).at("result").as_object().contains("data"));
  rig.broker.busy = true;
  CHECK(Rig::code(rig.ask(tool, "media.get", "{}")) == kBusy);
}

TEST_CASE("the sockets are for the owner and the group") {
  Rig rig;
  for (const char* name : {"control", "events"}) {
    const auto mode = std::filesystem::status(rig.folder / name).permissions();
    CHECK((mode & std::filesystem::perms::others_all) == std::filesystem::perms::none);
  }
}
