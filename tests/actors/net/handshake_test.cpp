#include "actors/net/handshake.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::actors::net;

BOOST_AUTO_TEST_SUITE(actors_net_handshake)

BOOST_AUTO_TEST_CASE(both_sides_find_the_same_session_whoever_called) {
  constexpr std::uint64_t a = 7, b = 9, of_a = 100, of_b = 200;
  BOOST_TEST(session_id(a, of_a, b, of_b) == session_id(b, of_b, a, of_a));  // Both at once.
  BOOST_TEST(session_id(b, of_b, a, of_a) == session_id(b, std::nullopt, a, of_a));
}

BOOST_AUTO_TEST_CASE(a_session_that_begins_anew_between_the_same_two_is_another_one) {
  BOOST_TEST(session_id(9, std::nullopt, 7, 100) != session_id(9, std::nullopt, 7, 101));
  BOOST_TEST(session_id(9, std::nullopt, 7, 100) != session_id(9, std::nullopt, 8, 100));
}

BOOST_AUTO_TEST_CASE(a_welcome_to_an_earlier_hello_or_of_the_peers_own_is_of_an_earlier_session) {
  Header welcome;
  welcome.ack = 100;
  BOOST_TEST(!is_of_earlier_session(welcome, 100));
  BOOST_TEST(is_of_earlier_session(welcome, 101));
  welcome.ack = 0;
  BOOST_TEST(is_of_earlier_session(welcome, 101));
}

BOOST_AUTO_TEST_SUITE_END()
