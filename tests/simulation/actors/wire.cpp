#include "tests/simulation/actors/wire.hpp"

#include "serialization/codec.hpp"

#include <algorithm>

namespace tessera::simulation::shells {
using runtime::ChunkId;
using runtime::ErrorCode;
using runtime::Failure;

namespace {
constexpr std::string_view scheme = "tcp://127.0.0.1:";

// The name of a chunk as `actors/member.cpp` writes it.
std::vector<std::byte> name_of(const ChunkId& chunk) {
  serialization::Writer writer;
  writer.number(chunk.key.high), writer.number(chunk.key.low), writer.number(chunk.job.value);
  return std::move(writer.bytes());
}
ChunkId chunk_of(std::span<const std::byte> name) {
  serialization::Reader reader(name);
  ChunkId chunk;
  chunk.key.high = reader.number<std::uint64_t>(), chunk.key.low = reader.number<std::uint64_t>(), chunk.job.value = reader.number<std::uint32_t>();
  return chunk;
}
}  // namespace

std::string endpoint_of(PeerId process) { return fmt::format("{}{}", scheme, process); }

Wire::Wire(World& world, Machine& machine, net::LinkHandler& handler)
    : world_(world), machine_(machine), handler_(handler), endpoint_(endpoint_of(machine.id)), link_(world.stage, world.network, machine, *this) {}

net::StartLink Wire::starter(World& world, Machine& machine) {
  return [&world, &machine](const net::LinkOptions&, net::LinkHandler& handler) -> runtime::Result<std::unique_ptr<net::Link>> {
    return std::unique_ptr<net::Link>(std::make_unique<Wire>(world, machine, handler));
  };
}

void Wire::connect(const std::string& endpoint) { link_.connect(std::stoull(endpoint.substr(scheme.size()))); }

bool Wire::send(net::PeerId peer, std::vector<std::byte> body) {
  machine_.has_sent(peer, body);
  return link_.send(peer, std::move(body));
}

void Wire::pull(net::PeerId peer, std::vector<std::byte> name, std::span<std::byte> into, std::shared_ptr<void> keep, runtime::memory::Rank,
                std::function<void(runtime::Result<void>)> done) {
  link_.pull(peer, chunk_of(name), {into.size()}, [this, into, keep = std::move(keep), done = std::move(done)](std::optional<std::uint64_t> number) {
    world_.stage.progress();
    world_.stage.saw(number ? "pulled" : "pull failed");
    if (!number) return done(Failure{ErrorCode::data_lost, "the pull failed"});
    std::ranges::copy(world_.pulled.at(*number).bytes, into.begin());
    done({});
  });
}

void Wire::stop(Duration) {
  if (!std::exchange(is_stopped_, true)) link_.stop();
}

void Wire::peer_up(PeerId peer) { handler_.peer_up(peer, endpoint_of(peer), world_.greetings[peer]); }

void Wire::peer_down(PeerId peer, const std::string& why) {
  machine_.gives_up(peer);
  handler_.peer_down(peer, endpoint_of(peer), {ErrorCode::io_failed, why});
}

void Wire::connect_failed(PeerId peer) { handler_.connect_failed(endpoint_of(peer), {ErrorCode::timeout, "no answer"}); }

void Wire::message(PeerId peer, std::span<const std::byte> body) { handler_.message(peer, body); }

Wire::Answer Wire::provide(const ChunkId& chunk, Whole& whole) {
  const auto buffer = handler_.provide(0, name_of(chunk));
  if (!buffer) return Answer::not_yet;
  if (!buffer->owner) return Answer::absent;
  whole = {net::hash_bytes(buffer->bytes), {buffer->bytes.size()}};
  world_.pulled.emplace(whole.value, *buffer);
  return Answer::here;
}

void Wire::served(const ChunkId& chunk) { handler_.served(0, name_of(chunk)); }
}  // namespace tessera::simulation::shells
