// SPDX-License-Identifier: Apache-2.0
// The broker's side of WIRE.md, as far as a test needs it: one ROUTER, one host, every wait bounded.
#pragma once
#include <string>
#include <vector>
#include <zmq.hpp>
#include <zmq_addon.hpp>

#include "catch.hpp"

class Broker {
 public:
  using Frames = std::vector<std::string>;

  Broker(zmq::context_t& context, const std::string& endpoint) : socket_(context, zmq::socket_type::router) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 20'000);
    socket_.bind(endpoint);
  }

  /// The next message, without the routing id, which is kept for send(). Empty after 20 s or `within_ms`.
  Frames receive(int within_ms = 20'000) {
    socket_.set(zmq::sockopt::rcvtimeo, within_ms);
    std::vector<zmq::message_t> parts;
    if (!zmq::recv_multipart(socket_, std::back_inserter(parts))) return {};
    host_ = parts.at(0).to_string();
    Frames frames;
    for (std::size_t i = 1; i < parts.size(); ++i) frames.push_back(parts[i].to_string());
    return frames;
  }
  void send(const Frames& frames) {
    socket_.send(zmq::buffer(host_), zmq::send_flags::sndmore);
    for (std::size_t i = 0; i < frames.size(); ++i)
      socket_.send(zmq::buffer(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
  /// Takes the hello and says welcome.
  Frames welcome() {
    auto hello = receive();
    REQUIRE_FALSE(hello.empty());
    REQUIRE(hello[0] == "hello");
    send({"welcome"});
    return hello;
  }
  Frames ask(const Frames& frames) {
    send(frames);
    return receive();
  }

 private:
  zmq::socket_t socket_;
  std::string host_;
};
