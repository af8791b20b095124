#include "actors/net/session.hpp"
#include "runtime/base/rng.hpp"

#include <boost/test/unit_test.hpp>

#include <cstring>
#include <deque>

using namespace tessera::actors::net;
using tessera::runtime::milliseconds;
using tessera::runtime::Rng;
using tessera::runtime::seconds;

namespace {
struct OnWire {
  Header header;
  std::vector<std::byte> payload;
};
struct Side {
  Session session;
  std::deque<OnWire> out;
  std::vector<std::vector<std::byte>> got;
  std::uint64_t said = 0;
  bool given_up = false;
};

std::vector<std::byte> numbered(std::uint64_t number, std::size_t size) {
  std::vector<std::byte> bytes(std::max<std::size_t>(size, sizeof number), std::byte{7});
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

/// Two sessions over a wire that breaks, loses what is on it, and drops single frames.
struct World {
  explicit World(std::uint64_t seed) : rng(seed) {}
  Rng rng;
  Instant now{};
  Side sides[2] = {{Session({}, {}), {}, {}, 0, false}, {Session({}, {}), {}, {}, 0, false}};
  bool broken = false;
  Instant mended{};

  void transmit(Side& side) {
    if (broken) return;
    while (auto frame = side.session.next(now)) {
      if (side.out.size() > 100) return;  // The wire takes no more.
      OnWire on;
      on.header.kind = frame->kind, on.header.more = frame->more, on.header.seq = frame->seq, on.header.ack = side.session.ack();
      on.payload.assign(frame->payload.bytes.begin(), frame->payload.bytes.end());
      side.session.sent(*frame, now);
      if (rng.below(200) != 0) side.out.push_back(std::move(on));
    }
  }
  void deliver(Side& from, Side& to) {
    for (std::uint64_t count = rng.below(20); count > 0 && !from.out.empty(); --count) {
      BOOST_REQUIRE(to.session.receive(from.out.front().header, from.out.front().payload, now, to.got));
      from.out.pop_front();
    }
  }
  void turn(bool talk) {
    now = now + milliseconds(static_cast<std::int64_t>(1 + rng.below(20)));
    if (!broken && rng.below(100) == 0) {
      broken = true;
      mended = now + milliseconds(static_cast<std::int64_t>(rng.below(450)));
      for (Side& side : sides) side.out.clear(), side.session.wire_lost(now);
    } else if (broken && now >= mended) {
      broken = false;
      for (Side& side : sides) side.session.wire_back(now);
    }
    for (Side& side : sides) {
      if (auto why = side.session.tick(now)) side.given_up = true;
      if (talk && rng.below(3) == 0)
        for (std::uint64_t count = rng.below(10); count > 0; --count)
          BOOST_REQUIRE(side.session.send(numbered(side.said++, rng.below(50) == 0 ? 200'000 : rng.below(300))));
      transmit(side);
    }
    deliver(sides[0], sides[1]);
    deliver(sides[1], sides[0]);
  }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_net_session)

BOOST_AUTO_TEST_CASE(over_a_wire_that_loses_all_messages_come_once_and_in_order) {
  std::uint64_t resent = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    World world(seed);
    for (int i = 0; i < 150; ++i) world.turn(/*talk=*/true);
    for (int i = 0; i < 20'000 && !(world.sides[0].session.idle() && world.sides[1].session.idle()); ++i) world.turn(/*talk=*/false);
    for (int s = 0; s < 2; ++s) {
      BOOST_REQUIRE_MESSAGE(!world.sides[s].given_up, "seed " << seed);
      BOOST_REQUIRE_MESSAGE(world.sides[s].session.idle(), "seed " << seed);
      BOOST_REQUIRE_MESSAGE(world.sides[s].got.size() == world.sides[1 - s].said, "seed " << seed);
      for (std::uint64_t i = 0; i < world.sides[s].got.size(); ++i) {
        std::uint64_t number = 0;
        std::memcpy(&number, world.sides[s].got[i].data(), sizeof number);
        BOOST_REQUIRE_MESSAGE(number == i, "seed " << seed);
      }
      resent += world.sides[s].session.resent();
    }
  }
  BOOST_TEST(resent > 1000u);  // The seeds did break the wire.
}

BOOST_AUTO_TEST_CASE(a_peer_that_is_silent_for_eight_seconds_is_given_up) {
  Session session({}, {});
  Instant now{};
  for (int i = 0; i < 79; ++i) {
    now = now + milliseconds(100);
    BOOST_REQUIRE(!session.tick(now));
  }
  now = now + milliseconds(100);
  BOOST_TEST(session.tick(now).value().find("silent for 8000 ms") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_process_that_was_paused_itself_does_not_give_up_its_peers) {
  Session session({}, {});
  BOOST_TEST(!session.tick({milliseconds(100).ns}));
  BOOST_TEST(!session.tick({seconds(600).ns}));
}

BOOST_AUTO_TEST_CASE(what_comes_after_a_pause_of_this_process_and_before_its_next_turn_counts_from_then) {
  for (const bool breaks : {false, true}) {
    Session session({}, {});
    BOOST_TEST(!session.tick({milliseconds(100).ns}));
    Header heartbeat;
    heartbeat.kind = FrameKind::heartbeat;
    std::vector<std::vector<std::byte>> none;
    BOOST_TEST(session.receive(heartbeat, {}, {seconds(20).ns}, none));
    if (breaks) session.wire_lost({seconds(20).ns});
    const std::int64_t end = seconds(20).ns + (breaks ? milliseconds(500) : seconds(8)).ns;
    for (std::int64_t now = seconds(20).ns; now < end; now += milliseconds(100).ns) BOOST_REQUIRE(!session.tick({now}));
    BOOST_TEST(session.tick({end}).has_value());
  }
}

BOOST_AUTO_TEST_CASE(a_connection_that_breaks_and_stays_broken_ends_the_session_in_half_a_second) {
  Session session({}, {});
  session.wire_lost({});
  BOOST_TEST(!session.tick({milliseconds(499).ns}));
  BOOST_TEST(session.tick({milliseconds(500).ns}).has_value());
}

BOOST_AUTO_TEST_CASE(a_connection_that_breaks_after_silence_has_the_time_of_silence_to_come_back) {
  // So it is where a cable is out: the peer is well, and ZeroMQ gives the connection up after 4 s.
  Session session({}, {});
  for (std::int64_t ms = 100; ms < 8000; ms += 100) {
    if (ms == 4000) session.wire_lost({milliseconds(ms).ns});
    BOOST_REQUIRE(!session.tick({milliseconds(ms).ns}));
  }
  BOOST_TEST(session.tick({seconds(8).ns}).has_value());
}

BOOST_AUTO_TEST_CASE(the_window_is_bounded_and_a_full_outbox_refuses) {
  Session session({}, {});
  std::uint64_t sent = 0;
  for (std::size_t i = 0; i < window_frames_max + 10; ++i) BOOST_REQUIRE(session.send(numbered(i, 8)));
  while (auto frame = session.next({})) {
    if (frame->kind != FrameKind::data) break;
    session.sent(*frame, {});
    ++sent;
  }
  BOOST_TEST(sent == window_frames_max);
  BOOST_TEST(!session.send(std::vector<std::byte>(message_bytes_max + 1)));
  while (session.send(std::vector<std::byte>(message_bytes_max))) {
  }
  BOOST_TEST(session.backlog_bytes() <= outbox_bytes_max);
}

BOOST_AUTO_TEST_CASE(acknowledging_what_was_never_sent_breaks_the_protocol) {
  Session session({}, {});
  Header header;
  header.kind = FrameKind::ack;
  header.ack = 1;
  std::vector<std::vector<std::byte>> got;
  BOOST_TEST(!session.receive(header, {}, {}, got));
}

BOOST_AUTO_TEST_SUITE_END()
