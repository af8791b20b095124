#include "actors/member.hpp"

#include "actors/mail.hpp"
#include "actors/net/endpoint.hpp"
#include "actors/node_actor.hpp"
#include "arrays/memory/arena.hpp"
#include "serialization/codec.hpp"
#include "serialization/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace tessera::actors {
namespace protocol = runtime::protocol;
using runtime::ErrorCode;
using runtime::Failure;
using runtime::NodeId;

namespace {
constexpr auto patience = std::chrono::seconds(10);

std::vector<std::byte> encode_chunk(const runtime::ChunkId& chunk) {
  serialization::Writer writer;
  writer.number(chunk.key.high);
  writer.number(chunk.key.low);
  writer.number(chunk.job.value);
  return std::move(writer.bytes());
}
std::optional<runtime::ChunkId> decode_chunk(std::span<const std::byte> bytes) {
  if (bytes.size() != 20) return std::nullopt;
  serialization::Reader reader(bytes);
  runtime::ChunkId chunk;
  chunk.key.high = reader.number<std::uint64_t>();
  chunk.key.low = reader.number<std::uint64_t>();
  chunk.job.value = reader.number<std::uint32_t>();
  return chunk;
}

bool is_session_message(const protocol::Message& message) {
  return std::holds_alternative<protocol::Updates>(message) || std::holds_alternative<protocol::Refused>(message);
}
}  // namespace

runtime::Result<std::unique_ptr<Member>> Member::begin(caf::actor_system& system, MemberOptions options, OnMessage on_message,
                                                       OnLost on_lost) {
  std::unique_ptr<Member> member(new Member(system, std::move(options), std::move(on_message), std::move(on_lost)));
  if (auto opened = member->open(); !opened) return opened.failure();
  return member;
}

runtime::Result<std::unique_ptr<Member>> Member::join(caf::actor_system& system, MemberOptions options, OnMessage on_message,
                                                      OnLost on_lost) {
  auto member = begin(system, std::move(options), std::move(on_message), std::move(on_lost));
  if (!member) return member.failure();
  if (auto joined = (*member)->wait_until_joined(); !joined) {
    (*member)->on_lost_ = nullptr;
    return joined.failure();
  }
  return member;
}

Member::Member(caf::actor_system& system, MemberOptions options, OnMessage on_message, OnLost on_lost)
    : system_(system), options_(std::move(options)), on_message_(std::move(on_message)), on_lost_(std::move(on_lost)) {}

Member::~Member() { stop(); }

runtime::Result<void> Member::open() {
  auto where = net::parse_endpoint(options_.coordinator);
  if (!where) return where.failure();
  if (where->host == "localhost") where->host = "127.0.0.1";
  coordinator_endpoint_ = where->text();
  if (!where->is_loopback() && options_.link.keys.empty() && !options_.link.insecure)
    return Failure{ErrorCode::refused, fmt::format("{} is not this machine alone, and there are no keys: make them with `tessera cluster init` "
                                                   "and give this member's file (--keys)", coordinator_endpoint_)};
  if (options_.link.listen.empty()) options_.link.listen = where->is_loopback() ? "tcp://127.0.0.1:*" : "tcp://0.0.0.0:*";
  options_.link.name = options_.name;
  if (options_.role == protocol::Role::client)
    client_ = system_.spawn([this](caf::event_based_actor*) -> caf::behavior {
      return {[this](const Mail& mail) {
        RuntimeThread mark;
        on_message_(mail->message);
      }};
    });
  auto link = options_.start_link(options_.link, *this);
  if (!link) return link.failure();
  link_ = std::move(*link);
  link_->connect(coordinator_endpoint_);
  return {};
}

runtime::Result<void> Member::wait_until_joined() {
  const auto limit = std::chrono::nanoseconds(options_.link.dead_after.ns) + patience;
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, limit, [this] { return coordinator_ != 0 || refused_; }))
    return Failure{ErrorCode::timeout, "no answer from " + coordinator_endpoint_};
  if (!changed_.wait_for(lock, limit, [this] { return joined_ || refused_; }))
    return Failure{ErrorCode::timeout, "the coordinator at " + coordinator_endpoint_ + " did not answer the wish to join"};
  if (refused_) return *refused_;
  return {};
}

bool Member::has_joined() const {
  std::lock_guard lock(mutex_);
  return joined_;
}

std::optional<Failure> Member::refused() const {
  std::lock_guard lock(mutex_);
  return refused_;
}

void Member::start_node(const protocol::Joined& joined) {
  runtime::node::Config config;
  config.self = self_ = joined.node;
  config.lanes = options_.role == protocol::Role::node ? options_.lanes : 0;
  config.limit = options_.limit;
  config.resources = options_.resources;
  job_ = joined.job;
  cluster_ = joined.cluster;
  serialization::Writer greeting;
  greeting.number(self_.value);
  link_->set_greeting(std::move(greeting.bytes()));
  NodeOutlets outlets;
  outlets.to_coordinator = [this](protocol::Reports reports) { to_coordinator(std::move(reports)); };
  outlets.to_peer = [this](NodeId node, const protocol::Message& message) { to_peer(node, message); };
  outlets.pull = [this](const runtime::ChunkId& chunk, const runtime::node::StartPull& what) { pull(chunk, what); };
  outlets.provided = [this] { link_->look_again(); };
  node_ = std::make_shared<Node>(system_, config, std::move(outlets), std::move(options_.machine));
  node_actor_ = spawn_node_actor(system_, node_, [this] {
    node_->measure();
    to_coordinator(protocol::Heartbeat{node_->status(), {}});
  });
  for (auto& [from, message] : std::exchange(early_, {})) post(node_actor_, from, std::move(message));
  std::lock_guard lock(mutex_);
  joined_ = true;
  changed_.notify_all();
}

void Member::to_coordinator(const protocol::Message& message) {
  if (!link_->send(coordinator_, serialization::encode(message))) link_->disconnect(coordinator_);
}

// Called with the node's lock held: only passes on. Where there is no session yet, the first message makes one.
void Member::to_peer(NodeId node, const protocol::Message& message) {
  auto bytes = serialization::encode(message);
  bool failed = false;
  {
    std::lock_guard lock(mutex_);
    const auto at = others_.find(node);
    if (at == others_.end() || stopping_) {
      failed = true;
    } else if (Other& other = at->second; other.peer != 0) {
      if (!link_->send(other.peer, std::move(bytes))) link_->disconnect(other.peer);
    } else {
      failed = other.waiting.size() >= waiting_max;
      if (!failed) other.waiting.push_back(std::move(bytes));
      if (!std::exchange(other.connecting, true)) link_->connect(other.endpoint);
    }
  }
  if (failed) lose_peer(node);
}

// With the lock. To make a session takes some milliseconds, and then a message half a one: in clusters of moderate size it is there before. Of two the later one calls.
void Member::meet(const protocol::Member& member) {
  Other& other = others_[member.node];
  other.endpoint = member.endpoint;
  if (member.node < self_ && other.peer == 0 && others_.size() <= met_early_max && !std::exchange(other.connecting, true)) link_->connect(other.endpoint);
}

void Member::lose_peer(NodeId node) {
  post(node_actor_, node, protocol::Members{{}, {node}});
}

void Member::pull(const runtime::ChunkId& chunk, const runtime::node::StartPull& what) {
  net::PeerId peer = 0;
  {
    std::lock_guard lock(mutex_);
    const auto at = others_.find(what.from);
    if (at != others_.end()) peer = at->second.peer;
  }
  const std::shared_ptr<std::byte> room = arrays::memory::allocate(what.size.value);
  const auto node = node_;
  const auto slot = what.chunk;
  if (peer == 0 || !room) {
    post_pulled(node_actor_, slot, std::nullopt);
    return;
  }
  arrays::Payload payload;
  payload.encoded = {room, {room.get(), what.size.value}};
  payload.encoded_type = what.type;
  link_->pull(peer, encode_chunk(chunk), {room.get(), what.size.value}, room, what.rank,
              [actor = node_actor_, slot, payload = std::move(payload)](runtime::Result<void> result) mutable {
                post_pulled(actor, slot, result ? std::optional(std::move(payload)) : std::nullopt);
              });
}

runtime::Result<protocol::Status> Member::status() {
  {
    std::lock_guard lock(mutex_);
    status_.reset();
  }
  to_coordinator(protocol::AskStatus{});
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, patience, [this] { return status_ || coordinator_lost_; }) || !status_)
    return Failure{ErrorCode::coordinator_lost, "the coordinator at " + coordinator_endpoint_ + " does not answer"};
  return *status_;
}

void Member::stop() {
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
  }
  if (node_) node_->stop();
  if (link_) link_->stop();
  for (caf::actor* actor : {&node_actor_, &client_}) {
    if (*actor) caf::anon_send_exit(*actor, caf::exit_reason::user_shutdown);
    *actor = nullptr;
  }
}

// ---- on the link's thread --------------------------------------------------------------------------------------------

void Member::peer_up(net::PeerId peer, const std::string& endpoint, std::span<const std::byte> greeting) {
  std::lock_guard lock(mutex_);
  if (endpoint == coordinator_endpoint_) {
    coordinator_ = peer;
    const protocol::Join join{options_.role, options_.name, link_->endpoint(), options_.lanes, options_.limit, options_.resources,
                              arrays::OperationTable::global().names(), options_.job};
    if (!link_->send(peer, serialization::encode(join)))
      refused_ = Failure{ErrorCode::coordinator_lost, "the coordinator at " + coordinator_endpoint_ + " went away"};
    changed_.notify_all();
    return;
  }
  NodeId node = runtime::no_node;
  if (greeting.size() == sizeof node.value) {
    serialization::Reader reader(greeting);
    node.value = reader.number<std::uint32_t>();
  } else {
    for (const auto& [id, other] : others_)
      if (other.endpoint == endpoint) node = id;
  }
  if (node == runtime::no_node) return link_->disconnect(peer);
  by_peer_[peer] = node;
  Other& other = others_[node];
  other.peer = peer;
  other.connecting = false;
  for (auto& bytes : std::exchange(other.waiting, {}))
    if (!link_->send(peer, std::move(bytes))) return link_->disconnect(peer);
}

void Member::peer_down(net::PeerId peer, const std::string& endpoint, const Failure& why) {
  if (peer == coordinator_) return lose_coordinator({ErrorCode::coordinator_lost, fmt::format("the coordinator at {} is gone: {}", endpoint, why.message)});
  NodeId node;
  {
    std::lock_guard lock(mutex_);
    const auto at = by_peer_.find(peer);
    if (at == by_peer_.end()) return;
    node = at->second;
    by_peer_.erase(at);
    if (const auto other = others_.find(node); other != others_.end()) {
      other->second.peer = 0;
      other->second.connecting = false;
      other->second.waiting.clear();
    }
  }
  if (node_) lose_peer(node);
  else std::erase_if(early_, [node](const auto& one) { return one.first == node; });
}

void Member::connect_failed(const std::string& endpoint, const Failure& why) {
  NodeId node = runtime::no_node;
  {
    std::lock_guard lock(mutex_);
    if (endpoint == coordinator_endpoint_) {
      refused_ = why;
      changed_.notify_all();
      return;
    }
    for (auto& [id, other] : others_) {
      if (other.endpoint != endpoint) continue;
      node = id;
      other.connecting = false;
      other.waiting.clear();
    }
  }
  if (node != runtime::no_node && node_) lose_peer(node);
}

void Member::lose_coordinator(const Failure& why) {
  OnLost tell;
  {
    std::lock_guard lock(mutex_);
    if (std::exchange(coordinator_lost_, true)) return;
    if (!joined_) refused_ = why;
    else if (!stopping_) tell = on_lost_;
    changed_.notify_all();
  }
  if (tell) tell(why);
}

void Member::message(net::PeerId peer, std::span<const std::byte> body) {
  auto decoded = serialization::decode(body);
  if (!decoded) return link_->disconnect(peer);
  if (peer == coordinator_) {
    if (const auto* joined = std::get_if<protocol::Joined>(&*decoded)) return start_node(*joined);
    if (const auto* refused = std::get_if<protocol::JoinRefused>(&*decoded)) {
      std::lock_guard lock(mutex_);
      refused_ = Failure{ErrorCode::refused, fmt::format("the cluster at {} refused \"{}\": {}", coordinator_endpoint_,
                                                         options_.name, refused->reason)};
      changed_.notify_all();
      return;
    }
    if (auto* status = std::get_if<protocol::Status>(&*decoded)) {
      std::lock_guard lock(mutex_);
      status_ = std::move(*status);
      changed_.notify_all();
      return;
    }
    if (!node_) return;
    if (const auto* members = std::get_if<protocol::Members>(&*decoded)) {
      std::lock_guard lock(mutex_);
      for (const protocol::Member& member : members->members)
        if (member.node != self_) meet(member);
      for (const NodeId lost : members->lost) {
        const auto at = others_.find(lost);
        if (at == others_.end()) continue;
        if (at->second.peer != 0) link_->disconnect(at->second.peer);
        others_.erase(at);
      }
    }
    if (is_session_message(*decoded) && client_) post(client_, runtime::no_node, std::move(*decoded));
    else post(node_actor_, runtime::no_node, std::move(*decoded));
    return;
  }
  NodeId from;
  {
    std::lock_guard lock(mutex_);
    const auto at = by_peer_.find(peer);
    if (at == by_peer_.end()) return;
    from = at->second;
  }
  if (node_) post(node_actor_, from, std::move(*decoded));
  else if (early_.size() < waiting_max) early_.emplace_back(from, std::move(*decoded));
  else link_->disconnect(peer);
}

std::optional<net::Buffer> Member::provide(net::PeerId, std::span<const std::byte> name) {
  const auto chunk = decode_chunk(name);
  if (!chunk || !node_) return net::Buffer{};
  return node_->provide(*chunk);
}

void Member::served(net::PeerId, std::span<const std::byte> name) {
  const auto chunk = decode_chunk(name);
  if (chunk && node_) node_->step(runtime::node::Served{*chunk});
}
}  // namespace tessera::actors
