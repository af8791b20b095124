#include "actors/net/link.hpp"

#include "actors/net/wire.hpp"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <thread>

namespace tessera::actors::net {
namespace {
class ThreadLink final : public Link {
 public:
  ThreadLink(LinkOptions options, LinkHandler& handler)
      : self_(draw()), wire_(std::move(options), self_, handler, shared_) {
    shared_.wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  }
  ~ThreadLink() override {
    stop(runtime::milliseconds(500));
    close(shared_.wake_fd);
  }

  runtime::Result<void> open() {
    auto opened = wire_.open();
    if (!opened) return opened;
    thread_ = std::thread([this] {
      pthread_setname_np(pthread_self(), "tessera.link");
      wire_.run();
    });
    return {};
  }

  PeerId self() const override { return self_; }
  const std::string& endpoint() const override { return wire_.endpoint(); }
  void set_greeting(std::vector<std::byte> greeting) override {
    std::lock_guard lock(shared_.mutex);
    shared_.greeting = std::move(greeting);
  }
  void connect(const std::string& endpoint) override { push(ConnectOrder{endpoint}); }

  bool send(PeerId peer, std::vector<std::byte> body) override {
    const std::uint64_t size = body.size();
    std::lock_guard lock(shared_.mutex);
    const auto at = shared_.up.find(peer);
    if (at == shared_.up.end() || shared_.stopped || size > message_bytes_max) return false;
    if (at->second->total() + size > outbox_bytes_max) return false;
    at->second->queued.fetch_add(size);
    push_locked(SendOrder{peer, std::move(body), at->second});
    return true;
  }
  std::uint64_t backlog_bytes(PeerId peer) const override {
    std::lock_guard lock(shared_.mutex);
    const auto at = shared_.up.find(peer);
    return at == shared_.up.end() ? 0 : at->second->total();
  }

  void pull(PeerId peer, std::vector<std::byte> name, std::span<std::byte> into, std::shared_ptr<void> keep, runtime::memory::Rank rank,
            std::function<void(runtime::Result<void>)> done) override {
    {
      std::lock_guard lock(shared_.mutex);
      if (!shared_.stopped) {
        push_locked(PullOrder{peer, std::move(name), into, std::move(keep), rank, std::move(done)});
        return;
      }
    }
    done(runtime::Failure{runtime::ErrorCode::shut_down, "the link is stopped"});
  }
  void look_again() override { push(LookAgainOrder{}); }
  void disconnect(PeerId peer) override { push(DisconnectOrder{peer}); }

  LinkCounters counters() const override {
    LinkCounters counters;
    counters.messages_sent = shared_.messages_sent;
    counters.messages_received = shared_.messages_received;
    counters.frames_dropped = shared_.frames_dropped;
    counters.resent = shared_.resent;
    counters.wakeups = shared_.wakeups;
    counters.bytes_pulled = shared_.bytes_pulled;
    std::lock_guard lock(shared_.mutex);
    counters.peers = shared_.up.size();
    for (const auto& [peer, backlog] : shared_.up) counters.outbox_bytes += backlog->total();
    return counters;
  }

  void stop(runtime::Duration flush) override {
    push(StopOrder{flush});
    {
      std::lock_guard lock(shared_.mutex);
      shared_.stopped = true;
    }
    if (thread_.joinable()) thread_.join();
    // Pulls that came after the thread's last look.
    std::vector<Order> left;
    {
      std::lock_guard lock(shared_.mutex);
      left.swap(shared_.orders);
    }
    for (Order& order : left)
      if (auto* pull = std::get_if<PullOrder>(&order))
        pull->done(runtime::Failure{runtime::ErrorCode::shut_down, "the link is stopped"});
  }

 private:
  static PeerId draw() {
    std::random_device device;
    PeerId id = 0;
    while (id == 0) id = std::uint64_t{device()} << 32 | device();
    return id;
  }
  template <class One>
  void push(One order) {
    std::lock_guard lock(shared_.mutex);
    push_locked(std::move(order));
  }
  template <class One>
  void push_locked(One order) {  // In place: GCC 12 takes other members of a variant that is moved for uninitialised.
    shared_.orders.emplace_back(std::move(order));
    if (std::exchange(shared_.woken, true)) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = write(shared_.wake_fd, &one, sizeof one);
  }

  mutable Shared shared_;
  PeerId self_;
  Wire wire_;
  std::thread thread_;
};
}  // namespace

runtime::Result<std::unique_ptr<Link>> Link::start(LinkOptions options, LinkHandler& handler) {
  if (const char* slow = std::getenv("TESSERA_LINK_MIB_S"); slow != nullptr && options.mib_s == 0) {
    char* end = nullptr;
    options.mib_s = std::strtod(slow, &end);
    if (end == slow || *end != '\0' || !(options.mib_s > 0))
      return runtime::Failure{runtime::ErrorCode::invalid_argument, std::string("TESSERA_LINK_MIB_S is \"") + slow + "\": give MiB/s above 0, or unset it"};
  }
  auto link = std::make_unique<ThreadLink>(std::move(options), handler);
  if (auto opened = link->open(); !opened) return opened.failure();
  return std::unique_ptr<Link>(std::move(link));
}
}  // namespace tessera::actors::net
