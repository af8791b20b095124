/// @file
/// A process of the cluster with its node's core: what `actors/member.cpp` and `actors/node.cpp` are live. Answers each effect as the
/// shell does, and checks that the core asks for nothing that cannot be.
#pragma once
#include "runtime/node/core.hpp"
#include "tests/simulation/fault/disk.hpp"
#include "tests/simulation/fault/link.hpp"
#include "tests/simulation/fault/user.hpp"

#include <deque>
#include <unordered_map>

namespace tessera::simulation::fault {

/// Deeds that happen one after the other, as an actor takes its mail.
class Mailbox {
 public:
  Mailbox(Stage& stage, Process& process) : stage_(stage), process_(process) {}
  void post(Deed deed);

 private:
  void next();
  Stage& stage_;
  Process& process_;
  std::deque<Deed> deeds_;
  bool is_busy_ = false;
};

/// What all members share: who has which number.
struct World {
  Stage& stage;
  Oracle& oracle;
  Network& network;
  PeerId host;
  std::map<PeerId, NodeId> nodes;
};

class Member : public Process, public LinkHandler {
 public:
  struct Options {
    protocol::Role role = protocol::Role::node;
    std::uint32_t lanes = 0;
    Bytes limit = {};
    bool spills = false;
    std::vector<std::pair<std::string, std::int64_t>> resources = {};
    std::string job = {};
  };
  Member(World& world, std::uint64_t its_id, std::string its_name, Options options);

  /// Says goodbye and ends.
  void leave();
  /// Takes no more and leaves when it has done what it has.
  void drain();
  void fill_disk(Duration how_long);
  bool has_joined() const { return core_ != nullptr; }
  bool is_node() const { return options_.lanes > 0; }
  NodeId self() const { return self_; }
  /// Throws where anything of a job is left.
  void check_empty() const;
  std::string story() const;
  const runtime::node::Core* core() const { return core_.get(); }
  bool is_idle() const { return link_.is_idle(); }

  void peer_up(PeerId peer) override;
  void peer_down(PeerId peer, const std::string& why) override;
  void connect_failed(PeerId peer) override;
  void message(PeerId peer, std::span<const std::byte> body) override;
  Answer provide(const ChunkId& chunk, Whole& whole) override;
  void served(const ChunkId& chunk) override;

 protected:
  /// What the coordinator says to programs.
  virtual void told(const protocol::Message&) {}
  virtual void joined() {}
  virtual void lost_coordinator();
  void to_coordinator(const protocol::Message& message);
  void put(const ChunkId& chunk);
  void ask(const ChunkId& chunk, NodeId holder, Delivered done);
  World& world_;
  JobId job_;

 private:
  struct Other {
    PeerId process = 0;
    PeerId peer = 0;             ///< 0: no session.
    bool connecting = false;
    std::vector<std::vector<std::byte>> waiting;
  };
  void start_node(const protocol::Joined& joined);
  void tick();
  void to_peer(NodeId node, const protocol::Message& message);
  void lose_peer(NodeId node);
  void feed(NodeId from, const std::shared_ptr<const protocol::Message>& mail);
  template <class... Event>
  void step(Event&&... event) {
    core_->step(std::forward<Event>(event)..., effects_);
    perform();
  }
  void perform();
  void flush();
  void perform(runtime::node::SpawnTask& effect);
  void perform(runtime::node::RunTask& effect);
  void perform(runtime::node::StopTask& effect);
  void perform(runtime::node::KeepResult& effect);
  void perform(runtime::node::EndTask& effect);
  void perform(runtime::node::AdoptValue& effect);
  void perform(runtime::node::StartPull& effect);
  void perform(runtime::node::FreeChunk& effect);
  void perform(runtime::node::Spill& effect);
  void perform(runtime::node::Unload& effect);
  void perform(runtime::node::Load& effect);
  void perform(runtime::node::Provided& effect);
  void perform(runtime::node::SendOffer& effect);
  void perform(runtime::node::Deliver& effect);
  void perform(runtime::node::DeliverNothing& effect);
  void perform(runtime::node::ToPeer& effect);
  /// A chunk actor: its value while it is in memory, and whether it has a file.
  struct Chunk {
    std::optional<std::uint64_t> value;
    ChunkId id;
    bool has_file = false;
  };
  Chunk& chunk(runtime::node::ChunkSlot slot);
  void pulled(runtime::node::ChunkSlot slot, const ChunkId& chunk, std::optional<std::uint64_t> value);
  /// What a lane has in hand, as `Work` is live: a discarded attempt's chunk may be another's by its end.
  struct Work {
    Key key;
    std::string operation;
    std::vector<std::byte> params;
    std::vector<std::uint64_t> inputs;
    bool report_value = false;
    Duration takes = {};
  };
  void lane_ends(runtime::node::TaskSlot slot, const Work& hand);
  std::optional<std::uint64_t>& memory(runtime::node::ChunkSlot slot) { return chunk(slot).value; }
  runtime::node::Need need_of(const runtime::node::TaskView& task);
  const std::string& operation_of(const runtime::node::TaskView& task) const;

  Options options_;
  Link link_;
  Mailbox mail_, program_mail_;
  NodeId self_;
  std::unique_ptr<runtime::node::Core> core_;
  runtime::node::Effects effects_;
  std::unordered_map<NodeId, Other> others_;
  std::map<PeerId, NodeId> by_peer_;
  std::vector<std::pair<NodeId, std::shared_ptr<const protocol::Message>>> early_;  ///< Of peers that know of this member before it does.
  std::map<std::uint32_t, std::vector<std::string>> operations_;  ///< By job.
  std::vector<bool> task_actors_;
  std::vector<Chunk> chunks_;                                     ///< By slot.
  std::optional<std::uint64_t> finished_;                         ///< Of the task whose `KeepResult` is about to be performed.
  std::map<std::uint64_t, Delivered> asked_;
  std::uint64_t next_token_ = 1, steps_ = 0;
  Disk disk_;
  bool is_draining_ = false, has_lost_coordinator_ = false, flush_asked_ = false;
};
}  // namespace tessera::simulation::fault
