// link.throughput, link.roundtrip and link.control: two processes on loopback, each with a link and an actor as a node has them,
// beside bare ZeroMQ and raw TCP in the same run. The other side is this program, started again.
#include "actors/child_process.hpp"
#include "actors/mail.hpp"
#include "actors/net/link.hpp"
#include "actors/net/sockets.hpp"
#include "actors/scheduler.hpp"
#include "arrays/memory/arena.hpp"
#include "benchmarks/measure.hpp"
#include "serialization/message.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <future>
#include <mutex>
#include <thread>

namespace {
using namespace tessera;
using namespace tessera::actors;
using namespace tessera::benchmarks;
namespace protocol = runtime::protocol;

constexpr std::size_t chunk_bytes = 64u << 20;
constexpr int chunks_a_sample = 8, round_trips_a_sample = 1000, pings_a_sample = 300, samples = 7;

void must(bool good, const char* what) {
  if (good) return;
  fmt::print(stderr, "link benchmark: {} failed\n", what);
  std::exit(1);
}

std::vector<std::byte> chunk() {
  std::vector<std::byte> bytes(chunk_bytes);
  for (std::size_t i = 0; i < bytes.size(); i += 64) bytes[i] = static_cast<std::byte>(i >> 6);
  return bytes;
}

/// One process of the pair, as `actors/member.cpp` is: what comes is decoded on the link's thread and goes to an actor.
class Side final : public net::LinkHandler {
 public:
  explicit Side(std::function<void(Side&)> on_mail) : config_(2), system_(config_) {
    actor_ = system_.spawn([this, on_mail](caf::event_based_actor*) -> caf::behavior {
      return {[this, on_mail](const Mail&) { on_mail(*this); }};
    });
    auto link = net::Link::start({}, *this);
    must(bool(link), "Link::start");
    link_ = std::move(*link);
  }
  ~Side() override {
    link_->stop();
    caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
  }

  net::Link& link() { return *link_; }
  void provide_chunk() { chunk_ = runtime::SharedBytes::of(chunk()); }
  void wait_for_peer() {
    std::unique_lock lock(mutex_);
    must(changed_.wait_for(lock, std::chrono::seconds(20), [this] { return peer_ != 0; }), "the other process");
  }
  void wait_for_end() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return ended_; });
  }
  /// The smallest message of the protocol.
  void send() { must(link_->send(peer_, serialization::encode(protocol::Unwant{})), "Link::send"); }
  void pull(std::function<void()> done) {
    const std::shared_ptr<std::byte> room = arrays::memory::allocate(chunk_bytes);
    link_->pull(peer_, std::vector<std::byte>(20), {room.get(), chunk_bytes}, room, {}, [done = std::move(done)](runtime::Result<void> result) {
      must(bool(result), "Link::pull");
      done();
    });
  }

  void peer_up(net::PeerId peer, const std::string&, std::span<const std::byte>) override {
    std::lock_guard lock(mutex_);
    peer_ = peer;
    changed_.notify_all();
  }
  void peer_down(net::PeerId, const std::string&, const runtime::Failure&) override {
    std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  void message(net::PeerId, std::span<const std::byte> body) override {
    auto decoded = serialization::decode(body);
    must(bool(decoded), "decode");
    post(actor_, runtime::no_node, std::move(*decoded));
  }
  std::optional<net::Buffer> provide(net::PeerId, std::span<const std::byte>) override { return chunk_; }
  void served(net::PeerId, std::span<const std::byte>) override {}
  void connect_failed(const std::string&, const runtime::Failure&) override { must(false, "connect"); }

 private:
  ActorConfig config_;
  caf::actor_system system_;
  caf::actor actor_;
  std::unique_ptr<net::Link> link_;
  runtime::SharedBytes chunk_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<net::PeerId> peer_{0};
  bool ended_ = false;
};

ChildProcess start_other(const std::string& role, const std::string& where) {
  auto child = ChildProcess::start({own_program(), "--other", role, where});
  must(bool(child), "start of the other process");
  return std::move(*child);
}

// ---- this project's link ---------------------------------------------------------------------------------------------

void serve_link(const std::string& endpoint) {
  Side side([](Side& self) { self.send(); });
  side.provide_chunk();
  side.link().connect(endpoint);
  side.wait_for_peer();
  side.wait_for_end();
}

/// The asking side, and the round trips that its actor counts.
class Asker {
 public:
  Asker() : side_([this](Side& self) { answered(self); }), other_(start_other("link", side_.link().endpoint())) { side_.wait_for_peer(); }

  /// Microseconds of each of `count` round trips, one after the other.
  std::vector<double> round_trips(int count, std::chrono::microseconds pause = {}) {
    std::vector<double> all;
    for (int i = 0; i < count; ++i) {
      if (pause.count() > 0) std::this_thread::sleep_for(pause);
      left_ = pause.count() > 0 ? 1 : count;
      times_.clear();
      done_ = std::promise<void>();
      auto done = done_.get_future();
      sent_ = seconds_now();
      side_.send();
      done.wait();
      all.insert(all.end(), times_.begin(), times_.end());
      if (pause.count() == 0) break;
    }
    return all;
  }
  /// Pulls `count` chunks, two at a time; seconds.
  double pull(int count) {
    const double begin = seconds_now();
    std::atomic<int> asked{0}, came{0};
    std::promise<void> all;
    std::function<void()> next = [&] {
      if (asked.fetch_add(1) < count) side_.pull([&] {
        if (came.fetch_add(1) + 1 == count) all.set_value();
        else next();
      });
    };
    next();
    next();
    all.get_future().wait();
    return seconds_now() - begin;
  }

 private:
  void answered(Side& self) {
    const double now = seconds_now();
    times_.push_back((now - sent_) * 1e6);
    if (--left_ == 0) return done_.set_value();
    sent_ = seconds_now();
    self.send();
  }
  int left_ = 0;
  double sent_ = 0;
  std::vector<double> times_;
  std::promise<void> done_;
  Side side_;
  ChildProcess other_;
};

// ---- bare ZeroMQ -----------------------------------------------------------------------------------------------------

void serve_zeromq(const std::string& endpoint) {
  const std::vector<std::byte> bytes = chunk();
  void* context = zmq_ctx_new();
  void* socket = zmq_socket(context, ZMQ_DEALER);
  must(zmq_connect(socket, endpoint.c_str()) == 0, "zmq_connect");
  zmq_send(socket, "hello", 5, 0);
  std::byte body[256];
  for (;;) {
    const int size = zmq_recv(socket, body, sizeof body, 0);
    if (size != 1) {  // A message to answer.
      zmq_send(socket, body, static_cast<std::size_t>(size), 0);
      continue;
    }
    for (int i = 0; i < chunks_a_sample; ++i) {
      zmq_msg_t message;
      zmq_msg_init_data(&message, const_cast<std::byte*>(bytes.data()), bytes.size(), [](void*, void*) {}, nullptr);
      zmq_msg_send(&message, socket, 0);
    }
  }
}

class BareZeroMq {
 public:
  BareZeroMq() : context_(zmq_ctx_new()), socket_(zmq_socket(context_, ZMQ_ROUTER)) {
    must(zmq_bind(socket_, "tcp://127.0.0.1:*") == 0, "zmq_bind");
    char endpoint[128];
    std::size_t size = sizeof endpoint;
    zmq_getsockopt(socket_, ZMQ_LAST_ENDPOINT, endpoint, &size);
    other_.emplace(start_other("zeromq", endpoint));
    std::byte hello[16];
    route_bytes_ = static_cast<std::size_t>(zmq_recv(socket_, route_, sizeof route_, 0));
    zmq_recv(socket_, hello, sizeof hello, 0);
  }
  ~BareZeroMq() {
    other_->kill(SIGKILL);
    const int linger = 0;
    zmq_setsockopt(socket_, ZMQ_LINGER, &linger, sizeof linger);
    zmq_close(socket_);
    zmq_ctx_term(context_);
  }
  std::vector<double> round_trips(int count) {
    std::vector<double> all;
    std::byte body[64] = {}, route[16];
    for (int i = 0; i < count; ++i) {
      const double begin = seconds_now();
      zmq_send(socket_, route_, route_bytes_, ZMQ_SNDMORE);
      zmq_send(socket_, body, sizeof body, 0);
      zmq_recv(socket_, route, sizeof route, 0);
      zmq_recv(socket_, body, sizeof body, 0);
      all.push_back((seconds_now() - begin) * 1e6);
    }
    return all;
  }
  double stream() {
    const double begin = seconds_now();
    zmq_send(socket_, route_, route_bytes_, ZMQ_SNDMORE);
    zmq_send(socket_, "g", 1, 0);
    for (int i = 0; i < chunks_a_sample; ++i) {
      std::byte route[16];
      zmq_recv(socket_, route, sizeof route, 0);
      zmq_msg_t message;
      zmq_msg_init(&message);
      zmq_msg_recv(&message, socket_, 0);
      must(zmq_msg_size(&message) == chunk_bytes, "a chunk over ZeroMQ");
      zmq_msg_close(&message);
    }
    return seconds_now() - begin;
  }

 private:
  void *context_, *socket_;
  std::byte route_[16];
  std::size_t route_bytes_ = 0;
  std::optional<ChildProcess> other_;
};

// ---- raw TCP ---------------------------------------------------------------------------------------------------------

void serve_tcp(const std::string& port) {
  const std::vector<std::byte> bytes = chunk();
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{AF_INET, htons(static_cast<std::uint16_t>(std::stoi(port))), {htonl(INADDR_LOOPBACK)}, {}};
  must(connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "connect");
  for (char go; read(socket, &go, 1) == 1;)
    for (int i = 0; i < chunks_a_sample; ++i)
      for (std::size_t sent = 0; sent < bytes.size();) {
        const auto size = write(socket, bytes.data() + sent, bytes.size() - sent);
        must(size > 0, "write");
        sent += static_cast<std::size_t>(size);
      }
}

class RawTcp {
 public:
  RawTcp() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}};
    socklen_t size = sizeof address;
    must(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(listener, 1) == 0, "listen");
    getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    other_.emplace(start_other("tcp", std::to_string(ntohs(address.sin_port))));
    socket_ = accept(listener, nullptr, nullptr);
    close(listener);
  }
  ~RawTcp() { close(socket_); }
  double stream() {
    const double begin = seconds_now();
    must(write(socket_, "g", 1) == 1, "write");
    for (int i = 0; i < chunks_a_sample; ++i)
      for (std::size_t got = 0; got < into_.size();) {
        const auto size = read(socket_, into_.data() + got, into_.size() - got);
        must(size > 0, "read");
        got += static_cast<std::size_t>(size);
      }
    return seconds_now() - begin;
  }

 private:
  int socket_ = -1;
  std::vector<std::byte> into_ = std::vector<std::byte>(chunk_bytes);
  std::optional<ChildProcess> other_;
};

// ---- the figures -----------------------------------------------------------------------------------------------------

void throughput() {
  Asker link;
  BareZeroMq zeromq;
  RawTcp tcp;
  link.pull(2), zeromq.stream(), tcp.stream();  // Warm.
  std::vector<double> ours, one_frame, raw, of_zeromq, of_tcp;
  constexpr double gib = static_cast<double>(chunk_bytes) * chunks_a_sample / (1u << 30);
  for (int i = 0; i < samples; ++i) {
    ours.push_back(gib / link.pull(chunks_a_sample));
    one_frame.push_back(gib / zeromq.stream());
    raw.push_back(gib / tcp.stream());
  }
  for (int i = 0; i < samples; ++i) {
    of_zeromq.push_back(ours[static_cast<std::size_t>(i)] / one_frame[static_cast<std::size_t>(i)]);
    of_tcp.push_back(ours[static_cast<std::size_t>(i)] / raw[static_cast<std::size_t>(i)]);
  }
  const auto parameters = Parameters().add("chunk_mib", chunk_bytes >> 20).add("chunks", chunks_a_sample);
  report("link.throughput", "GiB/s", ours, Parameters(parameters).add("what", "pulled into fresh memory"));
  report("link.throughput.zeromq", "GiB/s", one_frame, Parameters(parameters).add("what", "bare ZeroMQ, one frame a chunk"));
  report("link.throughput.tcp", "GiB/s", raw, Parameters(parameters).add("what", "raw TCP into one buffer"));
  report("link.throughput.to_zeromq", "ratio", of_zeromq, parameters);
  report("link.throughput.to_tcp", "ratio", of_tcp, parameters);
}

void round_trip() {
  Asker link;
  BareZeroMq zeromq;
  std::vector<double> ours, bare, ratio;
  for (int i = 0; i <= samples; ++i) {
    const double mine = median(link.round_trips(round_trips_a_sample)), theirs = median(zeromq.round_trips(round_trips_a_sample));
    if (i == 0) continue;  // Warm.
    ours.push_back(mine), bare.push_back(theirs), ratio.push_back(mine / theirs);
  }
  const auto parameters = Parameters().add("a_sample", round_trips_a_sample);
  report("link.roundtrip", "us", ours, Parameters(parameters).add("what", "actor to actor and back"));
  report("link.roundtrip.zeromq", "us", bare, Parameters(parameters).add("what", "bare ZeroMQ, 64 bytes"));
  report("link.roundtrip.to_zeromq", "ratio", ratio, parameters);
}

void control_beside_chunks() {
  Asker link;
  std::vector<double> middle, late, rate;
  for (int i = 0; i < samples; ++i) {
    std::atomic<bool> streaming{true};
    double gib = 0;
    const double begin = seconds_now();
    std::thread stream([&] {
      while (streaming) link.pull(chunks_a_sample), gib += static_cast<double>(chunk_bytes) * chunks_a_sample / (1u << 30);
    });
    const std::vector<double> all = link.round_trips(pings_a_sample, std::chrono::microseconds(500));
    streaming = false;
    stream.join();
    rate.push_back(gib / (seconds_now() - begin));
    middle.push_back(median(all) / 1e3);
    late.push_back(quantile(all, 0.99) / 1e3);
  }
  const auto parameters = Parameters().add("a_sample", pings_a_sample);
  report("link.control.p50", "ms", middle, parameters);
  report("link.control.p99", "ms", late, parameters);
  report("link.control.stream", "GiB/s", rate, Parameters(parameters).add("what", "chunks meanwhile"));
}
}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "--other") {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::string role = argv[2];
    if (role == "link") serve_link(argv[3]);
    else if (role == "zeromq") serve_zeromq(argv[3]);
    else serve_tcp(argv[3]);
    return 0;
  }
  const Menu menu(argc, argv);
  if (menu.has("link.throughput")) throughput();
  if (menu.has("link.roundtrip")) round_trip();
  if (menu.has("link.control")) control_beside_chunks();
}
