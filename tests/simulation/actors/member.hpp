/// @file
/// A process of the cluster: an `actors::Member` with its `actors::Node`, whose lanes are driven here, and a program that sits in one.
#pragma once
#include "actors/member.hpp"
#include "tests/simulation/actors/machine.hpp"
#include "tests/simulation/fault/disk.hpp"
#include "tests/simulation/fault/member.hpp"
#include "tests/simulation/fault/user.hpp"

namespace tessera::simulation::shells {
class Member : public Machine {
 public:
  using Options = fault::Member::Options;
  Member(World& world, std::uint64_t its_id, std::string its_name, Options options);
  ~Member() override;

  void leave();
  void drain();
  void fill_disk(Duration how_long) { disk_.full_until = stage().time.now() + how_long; }
  bool has_joined() const { return has_joined_; }
  bool is_node() const { return options_.lanes > 0; }
  /// Throws where anything of a job is left.
  void check_empty();
  std::string story();

  void look() override;
  void close() override;

 protected:
  virtual void told(const protocol::Message&) {}
  virtual void joined() {}
  virtual void lost_coordinator() { leave(); }
  actors::Member& member() { return *member_; }
  actors::Node& node() { return member_->node(); }

 private:
  struct Lane {
    explicit Lane(actors::Node& node) : hand(node) {}
    actors::Node::Lane hand;
    bool is_busy = false;
  };
  void join();
  void look_at_member();
  void look_at_lanes();
  void wake_lanes();
  bool take(Lane& lane);
  void watch_drain();

  Options options_;
  fault::Disk disk_;
  std::unique_ptr<actors::Member> member_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  bool has_joined_ = false, has_lost_coordinator_ = false, is_look_asked_ = false;
  std::uint64_t looked_at_ = 0, computed_ = 0;
};

class Program final : public Member, public Seat {
 public:
  Program(World& world, std::uint64_t its_id, std::string its_name, std::uint64_t number, const std::string& job)
      : Member(world, its_id, std::move(its_name), {.role = protocol::Role::client, .limit = runtime::gib(1), .job = job}),
        user_(world.stage, world.oracle, *this, *this, number) {}

  bool is_over() const { return user_.is_over(); }
  std::string story() { return name + ": " + user_.story() + "; " + Member::story(); }
  std::uint64_t values_checked() const { return user_.values_checked(); }

  void to_coordinator(const protocol::Message& message) override { member().to_coordinator(message); }
  void put(const ChunkId& chunk) override;
  void ask(const ChunkId& chunk, NodeId holder, Delivered done) override;
  void leave() override { Member::leave(); }

 protected:
  void told(const protocol::Message& message) override { user_.told(message); }
  void joined() override { user_.joined(member().job()); }
  void lost_coordinator() override { user_.lost_coordinator(); }

 private:
  User user_;
};
}  // namespace tessera::simulation::shells
