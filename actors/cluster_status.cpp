#include "actors/cluster_status.hpp"

#include "actors/net/endpoint.hpp"
#include "serialization/message.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace tessera::actors {
namespace protocol = runtime::protocol;
using runtime::ErrorCode;
using runtime::Failure;

namespace {
using Answer = runtime::Result<protocol::Status>;

class Asker final : public net::LinkHandler {
 public:
  Answer ask(const std::string& endpoint, net::LinkOptions options, std::chrono::nanoseconds limit) {
    auto link = net::Link::start(std::move(options), *this);
    if (!link) return link.failure();
    link_ = link->get();
    link_->connect(endpoint);
    std::unique_lock lock(mutex_);
    const bool answered = changed_.wait_for(lock, limit, [this] { return answer_.has_value(); });
    Answer answer = answered ? std::move(*answer_) : Answer(Failure{ErrorCode::timeout, "no answer from " + endpoint + " in time"});
    lock.unlock();
    link_->stop();
    return answer;
  }

  void peer_up(net::PeerId peer, const std::string& endpoint, std::span<const std::byte>) override {
    if (!link_->send(peer, serialization::encode(protocol::AskStatus{})))
      end(Failure{ErrorCode::coordinator_lost, "the coordinator at " + endpoint + " went away"});
  }
  void peer_down(net::PeerId, const std::string&, const Failure& why) override { end(why); }
  void message(net::PeerId, std::span<const std::byte> body) override {
    auto decoded = serialization::decode(body);
    if (!decoded) return end(decoded.failure());
    if (auto* status = std::get_if<protocol::Status>(&*decoded)) end(std::move(*status));
  }
  std::optional<net::Buffer> provide(net::PeerId, std::span<const std::byte>) override { return net::Buffer{}; }
  void served(net::PeerId, std::span<const std::byte>) override {}
  void connect_failed(const std::string&, const Failure& why) override { end(why); }

 private:
  void end(Answer answer) {
    std::lock_guard lock(mutex_);
    if (!answer_) answer_ = std::move(answer);
    changed_.notify_all();
  }
  net::Link* link_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Answer> answer_;
};
}  // namespace

Answer ask_status(const std::string& address, net::LinkOptions link, runtime::Duration limit) {
  auto where = net::parse_endpoint(address);
  if (!where) return where.failure();
  if (where->host == "localhost") where->host = "127.0.0.1";
  link.listen = where->is_loopback() ? "tcp://127.0.0.1:*" : "tcp://0.0.0.0:*";
  return Asker().ask(where->text(), std::move(link), std::chrono::nanoseconds(limit.ns));
}
}  // namespace tessera::actors
