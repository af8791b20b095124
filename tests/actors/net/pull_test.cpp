#include "actors/net/pull.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace tessera::actors::net;
using tessera::runtime::milliseconds;
using tessera::runtime::seconds;

BOOST_AUTO_TEST_SUITE(actors_net_pull)

BOOST_AUTO_TEST_CASE(pieces_are_counted_in_flight_and_all_come_once) {
  const std::uint64_t size = 10 * piece_bytes + 5;
  Pull pull(size, {}, {});
  std::vector<Pull::Piece> flying;
  std::uint64_t got = 0;
  while (!pull.done()) {
    while (flying.size() < 2) {
      const auto piece = pull.ask({});
      if (!piece) break;
      flying.push_back(*piece);
    }
    BOOST_REQUIRE(!flying.empty());
    BOOST_TEST(pull.in_flight() == flying.size());
    const Pull::Piece last = flying.back();
    flying.pop_back();
    BOOST_TEST(pull.arrived(last.offset, last.bytes, {}));
    BOOST_TEST(!pull.arrived(last.offset, last.bytes, {}));
    got += last.bytes;
  }
  BOOST_TEST(got == size);
}

BOOST_AUTO_TEST_CASE(a_late_piece_is_asked_for_again_and_silence_ends_the_pull) {
  Pull pull(piece_bytes, {}, {});
  BOOST_TEST(pull.ask({}).has_value());
  BOOST_TEST(!pull.ask({}).has_value());
  BOOST_TEST(pull.tick({milliseconds(999).ns}));
  BOOST_TEST(!pull.ask({milliseconds(999).ns}).has_value());
  BOOST_TEST(pull.tick({seconds(1).ns}));
  BOOST_TEST(pull.ask({seconds(1).ns}).has_value());
  BOOST_TEST(!pull.tick({seconds(8).ns}));
}

BOOST_AUTO_TEST_CASE(pieces_that_nobody_asked_for_are_not_taken) {
  Pull pull(2 * piece_bytes, {}, {});
  BOOST_TEST(!pull.arrived(1, piece_bytes, {}));
  BOOST_TEST(!pull.arrived(0, 3, {}));
  BOOST_TEST(!pull.arrived(2 * piece_bytes, piece_bytes, {}));
  BOOST_TEST(!pull.done());
  BOOST_TEST(Pull(0, {}, {}).done());
}

BOOST_AUTO_TEST_SUITE_END()
