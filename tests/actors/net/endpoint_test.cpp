#include "actors/net/endpoint.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::actors::net;

BOOST_AUTO_TEST_SUITE(actors_net_endpoint)

BOOST_AUTO_TEST_CASE(an_address_is_host_and_port) {
  const auto full = parse_endpoint("tcp://10.0.0.7:7300");
  BOOST_TEST(full->host == "10.0.0.7");
  BOOST_TEST(full->port == "7300");
  BOOST_TEST(parse_endpoint("localhost:0")->text() == "tcp://localhost:*");
  BOOST_TEST(parse_endpoint("tcp://[::1]:80")->is_loopback());
  BOOST_TEST(parse_endpoint("tcp://127.0.0.2:80")->is_loopback());
  BOOST_TEST(!parse_endpoint("tcp://0.0.0.0:80")->is_loopback());
  BOOST_TEST(parse_endpoint("tcp://*:80")->is_wildcard());
}

BOOST_AUTO_TEST_CASE(what_is_no_address_is_refused_with_what_is_expected) {
  for (const char* text : {"", "host", "ipc:///tmp/x", "tcp://:80", "tcp://host:", "tcp://host:80a", "tcp://host:70000", "a b:80"}) {
    const auto parsed = parse_endpoint(text);
    BOOST_TEST(!parsed, text);
    BOOST_TEST(parsed.failure().message.find("expected tcp://HOST:PORT") != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
