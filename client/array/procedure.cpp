#include "client/array/procedure.hpp"

namespace tessera::detail {
void Blockwise::add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const {
  Tasks inputs;
  for (std::size_t chunk = 0; chunk < wanted.size(); ++chunk) {
    if (!wanted[chunk]) continue;
    inputs.clear();
    need(call, chunk, [&](std::size_t operand, std::size_t its) { inputs.push_back((*of[operand])[its]); });
    tasks[chunk] = task(graph, call, chunk, inputs);
  }
}
}  // namespace tessera::detail
