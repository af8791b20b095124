// Whom a member calls, over a link that only remembers.
#include "actors/member.hpp"
#include "actors/caf.hpp"
#include "serialization/message.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera;
namespace protocol = runtime::protocol;
using actors::net::PeerId;

namespace {
struct Calls final : actors::net::Link {
  explicit Calls(std::vector<std::string>& its_called) : called(its_called) {}
  PeerId self() const override { return 1; }
  const std::string& endpoint() const override { return name; }
  void set_greeting(std::vector<std::byte>) override {}
  void connect(const std::string& endpoint) override { called.push_back(endpoint); }
  bool send(PeerId, std::vector<std::byte>) override { return true; }
  std::uint64_t backlog_bytes(PeerId) const override { return 0; }
  void pull(PeerId, std::vector<std::byte>, std::span<std::byte>, std::shared_ptr<void>, runtime::memory::Rank, std::function<void(runtime::Result<void>)>) override {}
  void look_again() override {}
  void disconnect(PeerId) override {}
  actors::net::LinkCounters counters() const override { return {}; }
  void stop(runtime::Duration) override {}

  std::vector<std::string>& called;
  std::string name = "tcp://127.0.0.1:9999";
};

/// Node 5 of a cluster, which was told of the others.
struct Fifth {
  Fifth() {
    config.set("logger.verbosity", caf::atom("quiet"));
    system = std::make_unique<caf::actor_system>(config);
    actors::MemberOptions options;
    options.coordinator = "tcp://127.0.0.1:1";
    options.start_link = [this](actors::net::LinkOptions, actors::net::LinkHandler&) -> runtime::Result<std::unique_ptr<actors::net::Link>> {
      return std::unique_ptr<actors::net::Link>(new Calls(called));
    };
    options.limit = runtime::gib(1);
    options.machine.is_simulated = true;
    auto begun = actors::Member::begin(*system, std::move(options), [](const protocol::Message&) {}, [](const runtime::Failure&) {});
    BOOST_REQUIRE(begun);
    member = std::move(*begun);
    member->peer_up(coordinator, "tcp://127.0.0.1:1", {});
    tell(protocol::Joined{{5}, {}, "test"});
    called.clear();
  }
  ~Fifth() { member->stop(); }
  void tell(const protocol::Message& message) { member->message(coordinator, serialization::encode(message)); }
  static protocol::Member node(std::uint32_t number) { return {.node = {number}, .name = {}, .endpoint = "tcp://127.0.0.1:" + std::to_string(5000 + number), .status = {}}; }

  static constexpr PeerId coordinator = 7;
  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  std::vector<std::string> called;
  std::unique_ptr<actors::Member> member;
};
}  // namespace

BOOST_AUTO_TEST_SUITE(simulation_actors_member)

BOOST_AUTO_TEST_CASE(a_member_calls_those_before_it_once_before_there_is_work) {
  Fifth fifth;
  fifth.tell(protocol::Members{{Fifth::node(2), Fifth::node(5), Fifth::node(9)}, {}});
  BOOST_TEST(fifth.called == std::vector<std::string>{"tcp://127.0.0.1:5002"}, boost::test_tools::per_element());
  fifth.tell(protocol::Members{{Fifth::node(2), Fifth::node(3)}, {}});
  BOOST_TEST(fifth.called == (std::vector<std::string>{"tcp://127.0.0.1:5002", "tcp://127.0.0.1:5003"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(in_a_large_cluster_a_session_waits_for_its_first_message) {
  Fifth fifth;
  protocol::Members many;
  for (std::uint32_t number = 6; number < 106; ++number) many.members.push_back(Fifth::node(number));
  fifth.tell(many);
  fifth.tell(protocol::Members{{Fifth::node(2)}, {}});
  BOOST_TEST(fifth.called.empty());
}

BOOST_AUTO_TEST_SUITE_END()
