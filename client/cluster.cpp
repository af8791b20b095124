#include "client/cluster.hpp"

#include "actors/disk.hpp"
#include "actors/memory_limit.hpp"
#include "actors/net/key_file.hpp"

namespace tessera {
namespace detail {
const arrays::Operation& registered(const void* function) {
  const arrays::Operation* operation = arrays::OperationTable::global().find(function);
  if (operation == nullptr)
    throw Error(ErrorCode::unknown_operation,
                "the function is no registered operation: write TESSERA_OPERATION(function) at namespace scope, in the program "
                "or in a plug-in that the nodes load");
  return *operation;
}
}  // namespace detail

namespace {
runtime::Bytes limit_of(const MemoryLimit& wanted) {
  const auto limit = actors::memory_limit_of(wanted.wanted);
  if (!limit) throw Error(limit.failure());
  return *limit;
}
}  // namespace

Cluster Cluster::local(LocalOptions options) {
  actors::SessionOptions its;
  its.lanes = options.lanes;
  its.limit = limit_of(options.memory_limit);
  const auto folder = actors::spill_folder_of(options.spill_dir);
  if (!folder) throw Error(folder.failure());
  its.spill_folder = *folder;
  const auto compression = actors::spill::compression_of(options.spill_compression);
  if (!compression) throw Error(compression.failure());
  its.spill_compression = *compression;
  its.memory_log = options.memory_log;
  its.record = options.record;
  its.name = options.name;
  its.policy = options.policy;
  its.seed = options.seed;
  its.resources = options.resources;
  std::sort(its.resources.begin(), its.resources.end());
  its.no_node_timeout = {options.no_node_timeout.count()};
  Planning planning{options.policy, !its.spill_folder.empty(), std::move(options.on_plan)};
  return Cluster(detail::ClientState::local(std::move(its)), std::move(planning));
}

Cluster Cluster::connect(const std::string& address, ConnectOptions options) {
  actors::ConnectOptions its;
  its.coordinator = address;
  its.name = options.name;
  its.job = options.job;
  its.limit = limit_of(options.memory_limit);
  its.link.insecure = options.insecure;
  its.link.listen.clear();
  if (auto keys = actors::net::use_key_file(options.keys, its.link); !keys) throw Error(keys.failure());
  return Cluster(detail::ClientState::connect(std::move(its)));
}

Cluster& Cluster::operator=(Cluster&& other) noexcept {
  if (state_) state_->close_soon();
  state_ = std::move(other.state_);
  planning_ = std::move(other.planning_);
  return *this;
}

Cluster::~Cluster() {
  if (state_) state_->close_soon();
}

void Cluster::close() {
  if (state_) state_->close();
}

detail::ClientState& Cluster::its() const {
  if (!state_) throw Error(ErrorCode::invalid_argument, "the cluster handle is empty: it was moved from");
  return *state_;
}

runtime::graph::Graph Cluster::built(Graph& graph, const std::vector<runtime::graph::Index>& wanted) {
  its().check(graph.kept());
  auto built = graph.builder().build();
  if (!built) throw Error(built.failure());
  for (const runtime::graph::Index want : wanted)
    if (want >= built->tasks.size())
      throw Error(ErrorCode::dangling_input,
                  "the deferred result that is wanted is of no task of this graph: take the one that Graph::add gave");
  return std::move(*built);
}

std::vector<detail::FutureRef> Cluster::send(Graph graph, const std::vector<runtime::graph::Index>& wanted) {
  runtime::graph::Graph made = built(graph, wanted);
  std::vector<std::optional<Sizes>> sizes;
  if (detail::declares_sizes(made)) {
    const detail::Extents known = state_->extents_of(made);
    sizes = detail::sizes_of(made, known);
    detail::mark_divisions(made, sizes, wanted);
    state_->refuse_too_large(made, sizes, known);
  }
  if (planning_.on_plan)
    planning_.on_plan(detail::plan_of(made, wanted, state_->extents_of(made), state_->holders_of(made), state_->session().status(), planning_.policy, planning_.spills));
  std::vector<detail::FutureRef> futures = state_->submit(std::move(made), wanted);
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (!sizes.empty() && sizes[wanted[i]]) state_->note_extent(*futures[i], sizes[wanted[i]]->output);
  return futures;
}

Plan Cluster::plan_of(Graph graph, const std::vector<runtime::graph::Index>& wanted) {
  its().refuse_when_over();
  runtime::graph::Graph made = built(graph, wanted);
  const detail::Extents known = state_->extents_of(made);
  detail::mark_divisions(made, detail::sizes_of(made, known), wanted);
  return detail::plan_of(made, wanted, known, state_->holders_of(made), state_->session().status(), planning_.policy, planning_.spills);
}

void Cluster::wait_all(const std::vector<detail::FutureRef>& futures, std::chrono::nanoseconds limit) {
  if (!its().wait(futures, detail::deadline_after(limit)))
    throw Error(ErrorCode::timeout, "not all futures were done within the time given; their work goes on");
}

actors::SessionCounters Cluster::counters() {
  its().refuse_when_over();
  return state_->session().counters();
}
runtime::protocol::Status Cluster::status() {
  its().refuse_when_over();
  return state_->session().status();
}
}  // namespace tessera
