// The client's state against a session without a cluster behind it: TSan sees all of it.
#include "client/future.hpp"
#include "client/graph.hpp"

#include <boost/test/unit_test.hpp>

#include <atomic>
#include <future>
#include <random>
#include <set>
#include <thread>

namespace {
using namespace tessera;
using detail::ClientState;
using detail::FutureRef;
namespace protocol = runtime::protocol;

double state_number(double x) { return x; }
TESSERA_OPERATION(state_number);

/// Takes what the state sends and answers as a coordinator would, on a thread of its own.
class FakeSession final : public actors::Session {
 public:
  explicit FakeSession(OnMessage on_message) : on_message_(std::move(on_message)), thread_([this] { answer(); }) {}
  ~FakeSession() override { close(); }

  runtime::JobId job() const override { return {1}; }
  runtime::NodeId self() const override { return {0}; }
  void send(protocol::Message message) override {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    if (auto* release = std::get_if<protocol::Release>(&message)) released_ += release->keys.size();
    if (auto* submit = std::get_if<protocol::Submit>(&message)) {
      submitted_ += submit->wants.size();
      for (const runtime::Key& external : submit->graph->externals) unknown_ += known_.count(external) == 0;
      for (const auto& task : submit->graph->tasks) known_.insert(task.key);
    }
    queue_.push_back(std::move(message));
    wake_.notify_one();
  }
  void put(const runtime::Key&, arrays::Payload) override {}
  std::optional<arrays::Payload> find(const runtime::Key&) override { return std::nullopt; }
  std::uint64_t ask(const runtime::Key& key, runtime::NodeId, Delivered done) override {
    // Every third time the holder has it no more.
    if (std::uint64_t n = ++asked_; n % 3 == 0) {
      {
        std::lock_guard lock(mutex_);
        moved_.push_back(key);
        wake_.notify_one();
      }
      done(std::nullopt);
    } else {
      done(detail::payload_of(static_cast<double>(key.low % 1000)));
    }
    return 0;
  }
  void unask(const runtime::Key&, std::uint64_t) override {}
  /// The value's node has died; the value is there again a little later.
  void lose(const runtime::Key& key) {
    std::unique_lock lock(mutex_);
    const std::uint64_t submissions = submissions_;
    lock.unlock();
    on_message_(protocol::Updates{{1}, {{key, State::pending, {}, {}, {}, {}}}, submissions});
    lock.lock();
    moved_.push_back(key);
    wake_.notify_one();
  }
  actors::SessionCounters counters() override { return {}; }
  protocol::Status status() override { return {}; }
  bool is_lane() const override { return false; }
  void close() override {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  /// Wants that were sent and released; inputs that named what no submission before had.
  std::uint64_t submitted() const { return submitted_; }
  std::uint64_t released() const { return released_; }
  std::uint64_t unknown() const { return unknown_; }
  /// Answers nothing while set.
  std::atomic<bool> silent{false};

 private:
  void answer() {
    std::unique_lock lock(mutex_);
    for (;;) {
      wake_.wait(lock, [&] { return closed_ || !queue_.empty() || !moved_.empty(); });
      if (closed_) return;
      protocol::Updates updates{{1}, {}, 0};
      for (const runtime::Key& key : std::exchange(moved_, {}))
        updates.updates.push_back({key, State::finished, {1}, {}, {}, {}});
      for (const protocol::Message& message : std::exchange(queue_, {})) {
        if (const auto* submit = std::get_if<protocol::Submit>(&message)) {
          ++submissions_;
          for (const auto want : submit->wants)
            updates.updates.push_back({submit->graph->tasks[want].key, State::finished, {1}, {}, {}, {}});
        } else if (const auto* cancel = std::get_if<protocol::Cancel>(&message)) {
          protocol::Blame why;
          why.code = ErrorCode::cancelled;
          for (const runtime::Key& key : cancel->keys) updates.updates.push_back({key, State::cancelled, {}, {}, {}, why});
        }
      }
      updates.submissions = submissions_;
      lock.unlock();
      if (!silent && !updates.updates.empty()) on_message_(updates);
      lock.lock();
    }
  }

  OnMessage on_message_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<protocol::Message> queue_;
  std::vector<runtime::Key> moved_;
  std::set<runtime::Key> known_;
  std::atomic<std::uint64_t> submitted_{0}, released_{0}, unknown_{0}, asked_{0};
  std::uint64_t submissions_ = 0;
  bool closed_ = false;
  std::thread thread_;
};

struct Client {
  FakeSession* session = nullptr;
  ClientState::OnLost lose;
  std::shared_ptr<ClientState> state =
      ClientState::over([this](actors::Session::OnMessage on_message, ClientState::OnLost on_lost) {
        auto made = std::make_unique<FakeSession>(std::move(on_message));
        session = made.get();
        lose = std::move(on_lost);
        return runtime::Result<std::unique_ptr<actors::Session>>(std::move(made));
      });
  ~Client() { state->close(); }

  Future<double> submit(double number) {
    Graph graph;
    const auto one = graph.add(state_number, number);
    return Future<double>(state->submit(std::move(*graph.builder().build()), {one.index}).front());
  }
  Future<double> submit(const Future<double>& input) {
    Graph graph;
    const auto one = graph.add(state_number, input);
    return Future<double>(state->submit(std::move(*graph.builder().build()), {one.index}).front());
  }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(client_state)

BOOST_AUTO_TEST_CASE(threads_share_futures_and_every_want_is_released) {
  Client client;
  constexpr int threads = 4, each = 250;
  std::atomic<int> values{0}, continued{0};
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t)
    all.emplace_back([&, t] {
      std::minstd_rand chance(static_cast<unsigned>(t) + 1);
      for (int i = 0; i < each; ++i) {
        const auto future = client.submit(static_cast<double>(chance() % 50)), on_top = client.submit(future);
        if (chance() % 4 == 0) on_top.then([&](const Future<double>&) { ++continued; });
        else ++continued;
        if (!future.wait_for(std::chrono::hours(1)) || future.state() != State::finished) return;
        values += future.get() == static_cast<double>(future.core()->key.low % 1000);
      }
    });
  for (std::thread& thread : all) thread.join();
  std::promise<void> last;
  client.submit(1e6).then([&](const Future<double>&) { last.set_value(); });
  last.get_future().wait();
  BOOST_TEST(values == threads * each);
  BOOST_TEST(continued == threads * each);
  BOOST_TEST(client.session->unknown() == 0u);
  BOOST_TEST(client.session->released() + 1 >= client.session->submitted());  // The last one may just be going.
}

BOOST_AUTO_TEST_CASE(who_builds_on_a_future_of_another_thread_comes_after_its_submission) {
  for (int round = 0; round < 200; ++round) {
    Client client;
    std::atomic<int> ready{0};
    const auto build = [&] {
      for (++ready; ready < 2;) {}
      client.submit(client.submit(1.0 * round)).wait_for(std::chrono::hours(1));
    };
    std::thread other(build);
    build();
    other.join();
    BOOST_REQUIRE(client.session->unknown() == 0u);
  }
}

BOOST_AUTO_TEST_CASE(the_loss_of_the_coordinator_ends_what_is_pending_and_refuses_what_comes) {
  Client client;
  client.session->silent = true;
  const auto pending = client.submit(1.0);
  std::thread lost([&] { client.lose(runtime::Failure{ErrorCode::coordinator_lost, "the coordinator at X is gone"}); });
  BOOST_CHECK_EXCEPTION(pending.get(), Error, [](const Error& error) {
    return error.code() == ErrorCode::coordinator_lost && std::string(error.what()).find("at X is gone") != std::string::npos;
  });
  lost.join();
  const auto refused = [](const Error& error) { return error.code() == ErrorCode::coordinator_lost; };
  BOOST_CHECK_EXCEPTION(client.submit(2.0), Error, refused);
  BOOST_CHECK_EXCEPTION(client.state->scatter(detail::payload_of(1.0)), Error, refused);
  BOOST_CHECK_EXCEPTION(pending.retry(), Error, refused);
}

BOOST_AUTO_TEST_CASE(a_continuation_gets_its_value_also_when_it_is_computed_again_after_a_loss) {
  Client client;
  for (int round = 0; round < 50; ++round) {
    std::promise<double> got;
    client.submit(1.0 * round).then([&](const Future<double>& one) {
      try {
        client.session->lose(one.core()->key);
        got.set_value(one.get() - static_cast<double>(one.core()->key.low % 1000));
      } catch (...) {
        got.set_exception(std::current_exception());
      }
    });
    BOOST_TEST(got.get_future().get() == 0.0);
  }
}

BOOST_AUTO_TEST_CASE(closing_while_threads_submit_and_wait_ends_all_of_them) {
  for (int round = 0; round < 20; ++round) {
    Client client;
    client.session->silent = round % 2 == 0;
    std::atomic<int> begun{0}, ended{0};
    std::vector<std::thread> all;
    for (int t = 0; t < 3; ++t)
      all.emplace_back([&, t] {
        ++begun;
        try {
          for (int i = 0;; ++i) client.submit(100.0 * t + i % 20).get();
        } catch (const Error& error) {
          if (error.code() == ErrorCode::shut_down) ++ended;
        }
      });
    while (begun < 3) std::this_thread::yield();
    client.state->close();
    for (std::thread& thread : all) thread.join();
    BOOST_TEST(ended == 3);
  }
}

BOOST_AUTO_TEST_SUITE_END()
