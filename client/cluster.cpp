#include "client/cluster.hpp"

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

Cluster Cluster::local(LocalOptions options) {
  actors::SessionOptions its;
  its.lanes = options.lanes;
  its.limit = {options.memory_limit};
  its.name = options.name;
  its.policy = options.policy;
  its.seed = options.seed;
  its.resources = options.resources;
  std::sort(its.resources.begin(), its.resources.end());
  its.no_node_timeout = {options.no_node_timeout.count()};
  return Cluster(detail::ClientState::local(std::move(its)));
}

Cluster& Cluster::operator=(Cluster&& other) noexcept {
  close();
  state_ = std::move(other.state_);
  return *this;
}

Cluster::~Cluster() { close(); }

void Cluster::close() {
  if (state_) state_->close();
}

std::vector<detail::FutureRef> Cluster::send(Graph graph, const std::vector<runtime::graph::Index>& wanted) {
  auto built = graph.builder().build();
  if (!built) throw Error(built.failure());
  return state_->submit(std::move(*built), wanted);
}

void Cluster::wait_all(const std::vector<detail::FutureRef>& futures, std::chrono::nanoseconds limit) {
  const bool forever = limit == std::chrono::nanoseconds::max();
  const auto deadline = forever ? detail::Clock::time_point::max() : detail::Clock::now() + limit;
  if (!state_->wait(futures, deadline))
    throw Error(ErrorCode::timeout, "not all futures were done within the time given; their work goes on");
}

actors::SessionCounters Cluster::counters() { return state_->session().counters(); }
runtime::protocol::Status Cluster::status() { return state_->session().status(); }
}  // namespace tessera
