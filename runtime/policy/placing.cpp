#include "runtime/graph/order.hpp"
#include "runtime/policy/dividing.hpp"
#include "runtime/policy/makers.hpp"
#include "runtime/policy/order.hpp"
#include "runtime/policy/window.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tessera::runtime::policy {
namespace {
Duration duration_of(double seconds) { return {static_cast<std::int64_t>(std::min(seconds * 1e9, 9e18))}; }
Bytes bytes_of(double mebibytes) { return {static_cast<std::uint64_t>(std::min(mebibytes * 1048576, 1e19))}; }

/// What the live coordinator does around such a function, whose queues and windows are its own (runtime/coordinator/placing.cpp): tasks in the coordinator's order while nodes
/// have room, also ahead of inputs that are still to be made on a node.
class Placing final : public Policy {
 public:
  Placing(Place function, Homes homes, std::uint64_t seed) : place_(function), homes_(homes) { state_.rng = Rng(seed); }
  Place one_by_one() const override { return place_; }
  bool has_homes() const override { return homes_ == Homes::yes; }

  void decide(const View& view, std::vector<Assignment>& out) override {
    const Problem& what = view.what();
    nodes_.resize(what.cpus.size());
    for (const std::uint32_t task : view.newly_lost()) end(task), tasks_[task].node = nowhere;
    for (const std::uint32_t task : view.newly_ended()) end(task), set_active(what, task, false);
    learn(view);
    for (const std::uint32_t task : view.newly_ready()) {
      Known& its = tasks_[task];
      its.is_ready = true;
      set_active(what, task, true);
      if (!view.has_node(task)) its.node = nowhere;  // Its result was lost.
      if (its.node == nowhere) ready_.insert({its.rank, task});
      else if (its.counts == Counts::ahead) --nodes_[its.node].ahead, ++nodes_[its.node].ready, its.counts = Counts::ready;
    }
    for (std::uint32_t node = 0; node < nodes_.size(); ++node) {
      auto& backlog = nodes_[node].backlog;
      while (!backlog.empty() && view.takes_tasks(node) && room(what, node, /*ahead=*/false)) give(view, backlog.extract(backlog.begin()).value().second, node, out);
      if (!view.takes_tasks(node)) ready_.merge(backlog);
    }
    fill(view, ready_, /*ahead=*/false, out);
    relieve(view, out);
    fill(view, ahead_, /*ahead=*/true, out);
  }

 private:
  using Queue = std::set<std::pair<std::uint64_t, std::uint32_t>>;  ///< By rank.
  enum class Counts : std::uint8_t { not_at_all, ahead, ready };
  struct Known {
    std::uint64_t rank = 0;
    std::uint32_t unplaced = 0;          ///< Inputs that no node has or makes.
    std::uint32_t node = nowhere;        ///< That it was given to.
    std::uint32_t home = nowhere;        ///< That it is to be given to.
    bool is_active = false;              ///< Known, and has not ended.
    bool is_ready = false;
    Counts counts = Counts::not_at_all;  ///< At its node.
    Duration booked;
    std::vector<std::uint32_t> users;    ///< Of its objects, each as often as it names one.
  };
  struct Node {
    std::int64_t ready = 0, ahead = 0;
    std::uint32_t planned = 0;           ///< Tasks whose home it is and that have not ended.
    Duration queued;
    Queue backlog;                       ///< Chosen for it, which has no room.
  };

  void learn(const View& view) {
    if (view.newly_known().empty()) return;
    const Problem& what = view.what();
    tasks_.resize(what.tasks.size());
    const std::vector<std::uint32_t> order = in_order(what, view.newly_known());
    std::vector<std::uint32_t> externals;
    const graph::Graph graph = graph_of(what, order, externals);
    const std::vector<std::uint32_t> rank = graph::depth_first_order(graph);
    for (const std::uint32_t task : order) tasks_[task] = {};
    if (homes_ == Homes::yes) divide(view, graph, order, rank, externals);
    uses_.resize(what.objects.size());
    for (const std::uint32_t task : order) set_active(what, task, true);
    for (const std::uint32_t task : order) {
      for (const std::uint32_t input : what.tasks[task].inputs) {
        if (what.objects[input].producer == nobody) continue;
        Known& producer = tasks_[what.objects[input].producer];
        if (producer.node != nowhere) continue;
        producer.users.push_back(task);
        ++tasks_[task].unplaced;
      }
    }
    for (std::uint32_t i = 0; i < order.size(); ++i) tasks_[order[i]].rank = generation_ << 32 | rank[i];
    ++generation_;
  }

  void divide(const View& view, const graph::Graph& graph, std::span<const std::uint32_t> order, std::span<const std::uint32_t> rank, std::span<const std::uint32_t> externals) {
    const Problem& what = view.what();
    std::vector<std::uint32_t> lanes, places;
    for (std::uint32_t node = 0; node < nodes_.size(); ++node) lanes.push_back(view.takes_tasks(node) ? what.cpus[node] : 0);
    const auto nodes = nodes_.size() - static_cast<std::size_t>(std::ranges::count(lanes, 0u));
    if (nodes < 2) return;
    for (const std::uint32_t object : externals) {
      const auto where = view.places(object);
      const std::uint32_t producer = what.objects[object].producer;
      places.push_back(!where.empty() ? where.front().node : producer == nobody ? nowhere : tasks_[producer].home);
    }
    std::vector<std::uint32_t> homes(order.size(), undivided);
    const std::uint32_t without_data = count_without_data(graph, homes);
    const bool takes_turns = without_data < nodes;
    policy::divide({graph, rank, places, lanes, takes_turns ? static_cast<std::uint32_t>(state_.turn % nodes_.size()) : 0}, homes);
    if (takes_turns) state_.turn += without_data;
    for (std::size_t i = 0; i < order.size(); ++i) tasks_[order[i]].home = homes[i];
  }

  void set_active(const Problem& what, std::uint32_t task, bool active) {
    Known& its = tasks_[task];
    if (std::exchange(its.is_active, active) == active) return;
    const std::uint32_t by = active ? 1 : 0xFFFFFFFFu;  // Or one less.
    for (const std::uint32_t input : what.tasks[task].inputs) uses_[input] += by;
    if (its.home != nowhere) nodes_[its.home].planned += by;
  }

  /// As the coordinator has it.
  void relieve(const View& view, std::vector<Assignment>& out) {
    if (homes_ == Homes::no) return;
    const Problem& what = view.what();
    for (;;) {
      std::uint32_t longest = nowhere;
      for (std::uint32_t node = 0; node < nodes_.size(); ++node)
        if (!nodes_[node].backlog.empty() &&
            (longest == nowhere || nodes_[node].backlog.size() * what.cpus[longest] > nodes_[longest].backlog.size() * what.cpus[node]))
          longest = node;
      if (longest == nowhere) return;
      const auto last = std::prev(nodes_[longest].backlog.end());
      const std::uint32_t task = last->second, to = choose(view, task);
      if (to == nowhere || to == longest || !nodes_[to].backlog.empty() || !room(what, to, /*ahead=*/false)) return;
      nodes_[longest].backlog.erase(last);
      give(view, task, to, out);
    }
  }

  bool room(const Problem& what, std::uint32_t node, bool ahead) const {
    const Node& its = nodes_[node];
    return has_room(window_, what.cpus[node], ahead, ahead ? its.ahead : its.ready, its.queued);
  }

  void fill(const View& view, Queue& queue, bool ahead, std::vector<Assignment>& out) {
    const Problem& what = view.what();
    Queue homeless;
    const auto any_room = [&] {
      for (std::uint32_t node = 0; node < nodes_.size(); ++node)
        if (view.takes_tasks(node) && room(what, node, ahead)) return true;
      return false;
    };
    while (!queue.empty() && any_room()) {
      const auto entry = queue.extract(queue.begin()).value();
      if (tasks_[entry.second].node != nowhere || (ahead && tasks_[entry.second].is_ready)) continue;
      const std::uint32_t node = choose(view, entry.second);
      if (node == nowhere) homeless.insert(entry);
      else if (room(what, node, ahead)) give(view, entry.second, node, out);
      else if (!ahead) nodes_[node].backlog.insert(entry);
    }
    queue.merge(homeless);
  }

  std::uint32_t choose(const View& view, std::uint32_t task) {
    const Problem& what = view.what();
    const Task& its = what.tasks[task];
    views_.clear(), inputs_.clear();
    holders_.resize(std::max(holders_.size(), its.inputs.size()));
    for (std::uint32_t node = 0; node < nodes_.size(); ++node)
      views_.push_back({NodeId{node}, std::max(1u, what.cpus[node]), nodes_[node].queued, {}, view.takes_tasks(node) && what.fits(task, node), nodes_[node].planned,
                        nodes_[node].backlog.empty() && room(what, node, /*ahead=*/false)});
    for (std::size_t i = 0; i < its.inputs.size(); ++i) {
      const Object& object = what.objects[its.inputs[i]];
      holders_[i].clear();
      for (const Location& one : view.places(its.inputs[i]))
        if (one.is_here) holders_[i].push_back(one.node);
      if (holders_[i].empty() && object.producer != nobody && tasks_[object.producer].node != nowhere) holders_[i].push_back(tasks_[object.producer].node);
      inputs_.push_back({bytes_of(view.size(its.inputs[i])), holders_[i], uses_[its.inputs[i]]});
    }
    ClusterView cluster{views_};
    cluster.bytes_per_second = std::max<std::uint64_t>(1, bytes_of(what.bandwidth).value);
    return place_(cluster, {inputs_, duration_of(view.duration(task)), tasks_[task].home}, state_);
  }

  void give(const View& view, std::uint32_t task, std::uint32_t node, std::vector<Assignment>& out) {
    Known& its = tasks_[task];
    its.node = node;
    if (its.home != nowhere && its.home != node) {
      --nodes_[its.home].planned, ++nodes_[node].planned;
      its.home = node;
    }
    its.booked = duration_of(view.duration(task));
    its.counts = its.is_ready ? Counts::ready : Counts::ahead;
    ++(its.is_ready ? nodes_[node].ready : nodes_[node].ahead);
    nodes_[node].queued = nodes_[node].queued + its.booked;
    out.push_back({task, node, -static_cast<double>(its.rank), 0});
    for (const std::uint32_t user : its.users)
      if (--tasks_[user].unplaced == 0 && !tasks_[user].is_ready) ahead_.insert({tasks_[user].rank, user});
    its.users.clear();
  }

  void end(std::uint32_t task) {
    Known& its = tasks_[task];
    ready_.erase({its.rank, task}), ahead_.erase({its.rank, task});
    if (its.counts == Counts::not_at_all) return;
    --(std::exchange(its.counts, Counts::not_at_all) == Counts::ready ? nodes_[its.node].ready : nodes_[its.node].ahead);
    nodes_[its.node].queued = nodes_[its.node].queued - std::exchange(its.booked, {});
  }

  Place place_;
  Homes homes_;
  State state_;
  Window window_;
  std::uint64_t generation_ = 1;
  std::vector<Known> tasks_;
  std::vector<Node> nodes_;
  Queue ready_, ahead_;
  std::vector<std::uint32_t> uses_;      ///< Of each object: tasks that have not ended.
  // Scratch of one choice.
  std::vector<NodeView> views_;
  std::vector<InputView> inputs_;
  std::vector<std::vector<std::uint32_t>> holders_;
};
}  // namespace

std::unique_ptr<Policy> placing(Place place, Homes homes, std::uint64_t seed) { return std::make_unique<Placing>(place, homes, seed); }
}  // namespace tessera::runtime::policy
