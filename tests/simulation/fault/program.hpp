/// @file
/// A process with a user in it, who sees the cluster through its node's core.
#pragma once
#include "tests/simulation/fault/member.hpp"
#include "tests/simulation/fault/user.hpp"

namespace tessera::simulation::fault {
class Program final : public Member, public Seat {
 public:
  Program(World& world, std::uint64_t its_id, std::string its_name, std::uint64_t number, const std::string& job)
      : Member(world, its_id, std::move(its_name), {.role = protocol::Role::client, .limit = runtime::gib(1), .job = job}),
        user_(world.stage, world.oracle, *this, *this, number) {}

  bool is_over() const { return user_.is_over(); }
  std::string story() const { return fmt::format("{} (node {}): {}", name, self().value, user_.story()); }
  std::uint64_t values_checked() const { return user_.values_checked(); }

  void to_coordinator(const protocol::Message& message) override { Member::to_coordinator(message); }
  void put(const ChunkId& chunk) override { Member::put(chunk); }
  void ask(const ChunkId& chunk, NodeId holder, Delivered done) override { Member::ask(chunk, holder, std::move(done)); }
  void leave() override { Member::leave(); }

 protected:
  void told(const protocol::Message& message) override { user_.told(message); }
  void joined() override { user_.joined(job_); }
  void lost_coordinator() override { user_.lost_coordinator(); }

 private:
  User user_;
};
}  // namespace tessera::simulation::fault
