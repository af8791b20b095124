/// @file
/// What is right: the value of each key, computed from the graphs alone; how often its operation may begin; which failures were
/// injected. Knows nothing of nodes and messages.
#pragma once
#include "runtime/graph/builder.hpp"
#include "runtime/protocol/messages.hpp"
#include "tests/simulation/fault/stage.hpp"

#include <memory>
#include <set>
#include <unordered_map>

namespace tessera::simulation::fault {
using runtime::Key;
namespace graph = runtime::graph;
namespace protocol = runtime::protocol;

inline constexpr const char* work = "work";    ///< A value of its inputs and parameters.
inline constexpr const char* flaky = "flaky";  ///< The same; its first attempts throw.
inline constexpr const char* broken = "broken";///< Throws always.
inline constexpr const char* split = "split";  ///< Answers with a graph.
inline constexpr const char* forward = "tessera.forward";

class Oracle {
 public:
  explicit Oracle(Stage& stage) : stage_(stage) {}

  /// All tasks of a graph that is about to be submitted.
  void learn(const graph::Graph& what);
  void learn_scattered(const Key& key);
  std::uint64_t value(const Key& key);
  Bytes size(const Key& key);
  bool is_small(const Key& key) const { return key.low % 100 < stage_.chaos.small_percent; }
  Duration duration(const Key& key) const;
  bool is_once(const Key& key) const { return specs_.at(key).effects == graph::Effects::once; }

  /// An operation begins; throws where the rules forbid it.
  void begins(const Key& key, const std::string& node);
  /// What it comes to: its value, nothing where it throws.
  std::optional<std::uint64_t> run(const Key& key, const std::string& operation, std::span<const std::byte> params, std::span<const std::uint64_t> inputs);
  struct Delegation {
    std::shared_ptr<const graph::Graph> graph;
    graph::Index result = 0;
  };
  static Delegation delegation(std::span<const std::byte> params);

  /// The program did something to a key that lets it run once more.
  void may_run_again(const Key& key) { ++specs_.at(key).allowed; }
  void cancelled(const Key& key) { cancelled_.insert(key); }
  /// Why the future of `key` may end so; empty where nothing explains it.
  std::string explain(const Key& key, const protocol::Blame& blame);
  /// No operation began more often than what happened allows.
  void check_runs() const;
  std::uint64_t runs() const { return runs_; }
  void lost_coordinator() { has_lost_coordinator_ = true; }

 private:
  struct Spec {
    std::string operation;
    std::vector<std::byte> params;
    std::vector<Key> inputs;
    graph::Effects effects = graph::Effects::pure;
    std::uint32_t retries = 0, begun = 0, thrown = 0, allowed = 1;
    bool is_scattered = false;
    std::optional<Key> result;          ///< Of what it delegates to.
    std::optional<std::uint64_t> value;
  };
  bool depends(const Key& key, const Key& on);
  std::uint32_t failures_of(const Key& key) const { return 1 + static_cast<std::uint32_t>(key.high % 2); }
  static std::uint64_t combine(std::span<const std::byte> params, std::span<const std::uint64_t> inputs);

  Stage& stage_;
  std::unordered_map<Key, Spec> specs_;
  std::set<Key> cancelled_;
  std::uint64_t runs_ = 0;
  bool has_lost_coordinator_ = false;
};
}  // namespace tessera::simulation::fault
