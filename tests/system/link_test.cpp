// Links over real sockets on loopback.
#include "actors/net/frame.hpp"
#include "actors/net/link.hpp"
#include "actors/net/sockets.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <future>
#include <map>
#include <mutex>
#include <thread>

using namespace tessera::actors::net;
using tessera::runtime::ErrorCode;
using tessera::runtime::Failure;
using tessera::runtime::seconds;

namespace {
std::vector<std::byte> bytes_of(std::string_view text) {
  std::vector<std::byte> bytes(text.size());
  std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

/// Records what a link says; every wait has an end.
class Ear : public LinkHandler {
 public:
  void peer_up(PeerId peer, const std::string& endpoint, std::span<const std::byte> greeting) override {
    change([&] {
      up[peer] = endpoint;
      greetings[peer].assign(reinterpret_cast<const char*>(greeting.data()), greeting.size());
    });
  }
  void peer_down(PeerId peer, const std::string&, const Failure& why) override {
    change([&] { up.erase(peer), down[peer] = why.message; });
  }
  void message(PeerId, std::span<const std::byte> body) override {
    change([&] { messages.emplace_back(reinterpret_cast<const char*>(body.data()), body.size()); });
  }
  std::optional<Buffer> provide(PeerId, std::span<const std::byte> name) override {
    std::lock_guard lock(mutex);
    const std::string text(reinterpret_cast<const char*>(name.data()), name.size());
    if (text == later && ++asked_early > 0) changed.notify_all();
    if (text == later) return std::nullopt;
    const auto at = data.find(text);
    return at == data.end() ? Buffer{} : at->second;
  }
  void served(PeerId, std::span<const std::byte> name) override {
    change([&] { given.emplace_back(reinterpret_cast<const char*>(name.data()), name.size()); });
  }
  void connect_failed(const std::string&, const Failure& why) override {
    change([&] { failures.push_back(why); });
  }
  void offer(const std::string& name, std::vector<std::byte> bytes) {
    change([&] {
      data[name] = Buffer::of(std::move(bytes));
      if (later == name) later.clear();
    });
  }
  template <class Ready>
  bool wait(Ready ready) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), ready);
  }

  std::map<PeerId, std::string> up, down;
  std::map<PeerId, std::string> greetings;
  std::vector<std::string> messages;
  std::vector<Failure> failures;
  std::string later;                  ///< The name of what is not there yet.
  int asked_early = 0;
  std::vector<std::string> given;
  std::map<std::string, Buffer> data;
  std::mutex mutex;
  std::condition_variable changed;

 private:
  template <class Change>
  void change(Change what) {
    std::lock_guard lock(mutex);
    what();
    changed.notify_all();
  }
};

struct End {
  explicit End(LinkOptions options = {}) : link(std::move(*Link::start(std::move(options), ear))) {}
  Ear ear;
  std::unique_ptr<Link> link;
};

/// Waits for a pull.
std::optional<Failure> pull(End& by, PeerId from, std::string_view name, std::span<std::byte> into) {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<tessera::runtime::Result<void>> result;
  by.link->pull(from, bytes_of(name), into, nullptr, {}, [&](tessera::runtime::Result<void> what) {
    std::lock_guard lock(mutex);
    result = std::move(what);
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  BOOST_REQUIRE(changed.wait_for(lock, std::chrono::seconds(30), [&] { return result.has_value(); }));
  return *result ? std::nullopt : std::optional(result->failure());
}

Keys keys_of(const KeyPair& server, const KeyPair& own, std::vector<std::string> allowed) {
  return {own.public_key, own.secret_key, server.public_key, server.secret_key, std::move(allowed)};
}
}  // namespace

BOOST_AUTO_TEST_SUITE(link_link)

BOOST_AUTO_TEST_CASE(messages_go_both_ways_in_order_over_one_connect) {
  End a, b;
  a.link->set_greeting(bytes_of("I am a"));
  a.link->connect(b.link->endpoint());
  BOOST_REQUIRE(a.ear.wait([&] { return a.ear.up.contains(b.link->self()); }));
  BOOST_REQUIRE(b.ear.wait([&] { return b.ear.up.contains(a.link->self()); }));
  BOOST_TEST(b.ear.greetings[a.link->self()] == "I am a");
  BOOST_TEST(b.ear.up[a.link->self()] == a.link->endpoint());
  for (int i = 0; i < 2000; ++i) {
    BOOST_REQUIRE(a.link->send(b.link->self(), bytes_of(std::to_string(i))));
    BOOST_REQUIRE(b.link->send(a.link->self(), bytes_of(std::to_string(i))));
  }
  for (Ear* ear : {&a.ear, &b.ear}) {
    BOOST_REQUIRE(ear->wait([&] { return ear->messages.size() == 2000; }));
    for (int i = 0; i < 2000; ++i) BOOST_REQUIRE(ear->messages[static_cast<std::size_t>(i)] == std::to_string(i));
  }
  const std::string big(3'000'000, 'x');
  BOOST_TEST(a.link->send(b.link->self(), bytes_of(big)));
  BOOST_REQUIRE(b.ear.wait([&] { return b.ear.messages.size() == 2001; }));
  BOOST_TEST((b.ear.messages.back() == big));
}

BOOST_AUTO_TEST_CASE(both_may_call_at_once_and_get_one_session) {
  for (int i = 0; i < 10; ++i) {
    End a, b;
    a.link->connect(b.link->endpoint());
    b.link->connect(a.link->endpoint());
    BOOST_REQUIRE(a.ear.wait([&] { return a.ear.up.contains(b.link->self()); }));
    BOOST_REQUIRE(b.ear.wait([&] { return b.ear.up.contains(a.link->self()); }));
    BOOST_TEST(a.link->send(b.link->self(), bytes_of("x")));
    BOOST_TEST(b.link->send(a.link->self(), bytes_of("y")));
    BOOST_REQUIRE(a.ear.wait([&] { return a.ear.messages.size() == 1; }));
    BOOST_REQUIRE(b.ear.wait([&] { return b.ear.messages.size() == 1; }));
    BOOST_TEST(a.ear.failures.empty());
    BOOST_TEST(b.ear.failures.empty());
    BOOST_TEST(a.link->counters().peers == 1u);
  }
}

BOOST_AUTO_TEST_CASE(who_is_called_may_speak_first_and_is_heard_at_once) {
  struct Talker : Ear {
    void peer_up(PeerId peer, const std::string& endpoint, std::span<const std::byte> greeting) override {
      Ear::peer_up(peer, endpoint, greeting);
      if (link != nullptr) sent = link->send(peer, bytes_of("first"));
    }
    Link* link = nullptr;
    bool sent = false;
  };
  for (int i = 0; i < 10; ++i) {
    Talker talker;
    auto called = std::move(*Link::start({}, talker));
    talker.link = called.get();
    End a;
    a.link->connect(called->endpoint());
    BOOST_REQUIRE(a.ear.wait([&] { return a.ear.messages.size() == 1; }));
    BOOST_TEST(a.link->counters().frames_dropped == 0u);
    called->stop();
    BOOST_TEST(talker.sent);  // The link's thread is joined.
  }
}

BOOST_AUTO_TEST_CASE(data_is_pulled_in_pieces_and_what_is_not_there_is_said) {
  End a, b;
  std::vector<std::byte> chunk(5'300'000);
  for (std::size_t i = 0; i < chunk.size(); ++i) chunk[i] = static_cast<std::byte>(i * 31 >> 3);
  b.ear.offer("chunk", chunk);
  b.ear.offer("small", bytes_of("abc"));
  a.link->connect(b.link->endpoint());
  BOOST_REQUIRE(a.ear.wait([&] { return !a.ear.up.empty(); }));
  std::vector<std::byte> into(chunk.size()), three(3);
  BOOST_TEST(!pull(a, b.link->self(), "chunk", into));
  BOOST_TEST((into == chunk));
  BOOST_TEST(!pull(a, b.link->self(), "small", three));
  BOOST_TEST((three == bytes_of("abc")));
  BOOST_TEST((pull(a, b.link->self(), "nothing", three)->code == ErrorCode::data_lost));
  BOOST_TEST((pull(a, b.link->self(), "chunk", three)->code == ErrorCode::data_lost));
  BOOST_TEST((pull(a, 12345, "chunk", three)->code == ErrorCode::peer_lost));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_yet_is_asked_for_again_when_it_may_be_and_the_end_of_a_pull_is_said) {
  End a, b;
  b.ear.later = "chunk";
  a.link->connect(b.link->endpoint());
  BOOST_REQUIRE(a.ear.wait([&] { return !a.ear.up.empty(); }));
  std::vector<std::byte> three(3);
  std::promise<bool> pulled;
  a.link->pull(b.link->self(), bytes_of("chunk"), three, nullptr, {}, [&](tessera::runtime::Result<void> what) { pulled.set_value(bool(what)); });
  // A hundred answers that it is not there yet would take a hundred seconds if it asked once in a second.
  for (int i = 0; i < 100; ++i) {
    BOOST_REQUIRE(b.ear.wait([&] { return b.ear.asked_early > i; }));
    if (i == 99) b.ear.offer("chunk", bytes_of("abc"));
    b.link->look_again();
  }
  BOOST_TEST(pulled.get_future().get());
  BOOST_TEST((three == bytes_of("abc")));
  BOOST_REQUIRE(b.ear.wait([&] { return !b.ear.given.empty(); }));
  BOOST_TEST(b.ear.given == std::vector<std::string>{"chunk"}, boost::test_tools::per_element());
}

// What is asked for first is not there until both are asked for.
BOOST_AUTO_TEST_CASE(of_two_pulls_the_lower_rank_comes_first_even_if_the_other_has_begun) {
  End a, b;
  b.ear.later = "large";
  b.ear.offer("urgent", bytes_of("abc"));
  a.link->connect(b.link->endpoint());
  BOOST_REQUIRE(a.ear.wait([&] { return !a.ear.up.empty(); }));
  std::vector<std::byte> large(20 << 20), urgent(3);
  std::vector<std::string> ended;  // On the link's thread.
  std::promise<void> both;
  const auto pull = [&](const std::string& name, std::span<std::byte> into, std::uint64_t rank) {
    a.link->pull(b.link->self(), bytes_of(name), into, nullptr, rank, [&ended, &both, name](tessera::runtime::Result<void> what) {
      ended.push_back(what ? name : what.failure().message);
      if (ended.size() == 2) both.set_value();
    });
  };
  pull("large", large, 2);
  BOOST_REQUIRE(b.ear.wait([&] { return b.ear.asked_early > 0; }));
  pull("urgent", urgent, 1);
  b.ear.offer("large", std::vector<std::byte>(large.size(), std::byte{7}));
  b.link->look_again();
  both.get_future().get();
  BOOST_TEST(ended == (std::vector<std::string>{"urgent", "large"}), boost::test_tools::per_element());
  BOOST_TEST((large.back() == std::byte{7} && urgent == bytes_of("abc")));
}

BOOST_AUTO_TEST_CASE(a_peer_that_stops_is_gone_at_once_and_its_pulls_end) {
  End a;
  auto b = std::make_unique<End>();
  const PeerId id = b->link->self();
  a.link->connect(b->link->endpoint());
  BOOST_REQUIRE(a.ear.wait([&] { return a.ear.up.contains(id); }));
  b.reset();
  BOOST_REQUIRE(a.ear.wait([&] { return a.ear.down.contains(id); }));
  BOOST_TEST(a.ear.down[id] == "it left");
  BOOST_TEST(!a.link->send(id, bytes_of("x")));
}

BOOST_AUTO_TEST_CASE(nobody_there_is_an_error_that_says_so) {
  LinkOptions options;
  options.dead_after = seconds(2);  // Long enough for the answer of this very process on a machine that is busy.
  End a(options);
  a.link->connect("tcp://127.0.0.1:1");
  a.link->connect("nonsense");
  a.link->connect(a.link->endpoint());
  BOOST_REQUIRE(a.ear.wait([&] { return a.ear.failures.size() == 3; }));
  std::string all;
  for (const Failure& failure : a.ear.failures) all += failure.message + "\n";
  BOOST_TEST(all.find("nobody listens there") != std::string::npos, all);
  BOOST_TEST(all.find("\"nonsense\" is no address") != std::string::npos, all);
  BOOST_TEST(all.find("it is this very process") != std::string::npos, all);
}

BOOST_AUTO_TEST_CASE(a_port_in_use_and_an_open_door_without_keys_are_refused) {
  End a;
  Ear ear;
  LinkOptions taken;
  taken.listen = a.link->endpoint();
  auto second = Link::start(taken, ear);
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.failure().code == ErrorCode::address_in_use));
  BOOST_TEST(second.failure().message.find("choose another port") != std::string::npos);
  LinkOptions open;
  open.listen = "tcp://0.0.0.0:*";
  auto third = Link::start(open, ear);
  BOOST_REQUIRE(!third);
  BOOST_TEST(third.failure().message.find("tessera cluster init") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(keys_let_members_in_and_nobody_else) {
  const KeyPair server = make_key_pair(), one = make_key_pair(), two = make_key_pair(), stranger = make_key_pair();
  const std::vector<std::string> allowed{one.public_key, two.public_key};
  LinkOptions options;
  options.dead_after = seconds(4);  // A busy machine may hold a heartbeat back for longer than one.
  options.keys = keys_of(server, one, allowed);
  End a(options);
  options.keys = keys_of(server, two, allowed);
  End b(options);
  b.link->connect(a.link->endpoint());
  BOOST_REQUIRE(b.ear.wait([&] { return !b.ear.up.empty(); }));
  BOOST_TEST(b.link->send(a.link->self(), bytes_of("secret")));
  BOOST_REQUIRE(a.ear.wait([&] { return a.ear.messages.size() == 1; }));
  a.ear.offer("chunk", bytes_of("abc"));
  std::vector<std::byte> three(3);
  BOOST_TEST(!pull(b, a.link->self(), "chunk", three));

  options.keys = keys_of(server, stranger, {stranger.public_key});
  End c(options);
  c.link->connect(a.link->endpoint());
  BOOST_REQUIRE(c.ear.wait([&] { return !c.ear.failures.empty(); }));
  BOOST_TEST(c.ear.failures[0].message.find("not on the cluster's list") != std::string::npos, c.ear.failures[0].message);

  options.keys = {};
  End open(options);
  open.link->connect(a.link->endpoint());
  BOOST_REQUIRE(open.ear.wait([&] { return !open.ear.failures.empty(); }));
  BOOST_TEST(open.ear.failures[0].message.find("--keys") != std::string::npos, open.ear.failures[0].message);

  const KeyPair other_server = make_key_pair();
  options.keys = keys_of(other_server, one, allowed);
  End other(options);
  other.link->connect(a.link->endpoint());
  BOOST_REQUIRE(other.ear.wait([&] { return !other.ear.failures.empty(); }));
  BOOST_TEST(other.ear.failures[0].message.find("key") != std::string::npos, other.ear.failures[0].message);
  BOOST_TEST(a.link->counters().peers == 1u);
}

BOOST_AUTO_TEST_CASE(a_damaged_key_is_refused_at_start) {
  const KeyPair server = make_key_pair(), one = make_key_pair();
  LinkOptions options;
  options.keys = keys_of(server, one, {one.public_key});
  options.keys.server_secret = make_key_pair().secret_key;
  Ear ear;
  auto unfit = Link::start(options, ear);
  BOOST_REQUIRE(!unfit);
  BOOST_TEST((unfit.failure().code == ErrorCode::refused), unfit.failure().message);
  options.keys.own_public = "short";
  auto damaged = Link::start(options, ear);
  BOOST_REQUIRE(!damaged);
  BOOST_TEST((damaged.failure().code == ErrorCode::invalid_argument));
}

BOOST_AUTO_TEST_CASE(another_cluster_and_garbage_are_turned_away) {
  LinkOptions options;
  options.cluster_low = 1;
  End a(options);
  options.cluster_low = 2;
  End b(options);
  b.link->connect(a.link->endpoint());
  BOOST_REQUIRE(b.ear.wait([&] { return !b.ear.failures.empty(); }));
  BOOST_TEST(b.ear.failures[0].message.find("another cluster") != std::string::npos);

  Context context;
  Socket dealer(context, ZMQ_DEALER, Lane::control, nullptr);
  dealer.connect(a.link->endpoint());
  const auto junk = bytes_of("junk");
  for (int sent = 0; sent < 100;) {
    zmq_pollitem_t item{dealer.get(), 0, ZMQ_POLLOUT, 0};
    BOOST_REQUIRE(zmq_poll(&item, 1, 10'000) == 1);
    if (dealer.send(junk, sent % 3 == 1)) ++sent;
  }
  End c;
  c.link->connect(a.link->endpoint());
  BOOST_REQUIRE(c.ear.wait([&] { return c.ear.up.contains(a.link->self()); }));
  // Of two connections either may be read first.
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (a.link->counters().frames_dropped == 0 && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  BOOST_TEST(a.link->counters().frames_dropped > 0u);
}

BOOST_AUTO_TEST_CASE(a_peer_of_another_version_is_refused_with_both_versions) {
  End a;
  Context context;
  Socket dealer(context, ZMQ_DEALER, Lane::control, nullptr);
  dealer.connect(a.link->endpoint());
  Header header;
  header.kind = FrameKind::hello;
  header.version = link_version + 1;
  header.payload_hash = hash_bytes({});
  const HeaderBytes hello = encode_header(header);
  zmq_pollitem_t item{dealer.get(), 0, ZMQ_POLLOUT, 0};
  BOOST_REQUIRE(zmq_poll(&item, 1, 10'000) == 1);
  BOOST_REQUIRE(dealer.send(hello, /*more=*/true));
  BOOST_REQUIRE(dealer.send(std::span<const std::byte>(), /*more=*/false));
  item.events = ZMQ_POLLIN;
  BOOST_REQUIRE(zmq_poll(&item, 1, 10'000) == 1);
  Part answer, words;
  BOOST_REQUIRE(dealer.receive(answer));
  BOOST_REQUIRE(dealer.receive(words));
  Header refusal;
  BOOST_TEST((decode_header(answer.bytes(), words.bytes(), refusal) == FrameError::none));
  BOOST_TEST((refusal.kind == FrameKind::reject));
  const std::string why(reinterpret_cast<const char*>(words.bytes().data()), words.bytes().size());
  const std::string versions = "version " + std::to_string(link_version) + " of the link and this process version " + std::to_string(link_version + 1);
  BOOST_TEST(why.find(versions) != std::string::npos, why);
  BOOST_TEST(why.find("install the same Tessera on both") != std::string::npos, why);
  BOOST_TEST(a.ear.up.empty());
}

BOOST_AUTO_TEST_SUITE_END()
