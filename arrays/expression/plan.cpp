#include "arrays/expression/plan.hpp"

#include <map>
#include <utility>

namespace tessera::arrays::expression {
Plan plan_of(std::span<const NodeRef> wanted) {
  Plan plan;
  std::map<const Node*, std::size_t> done;  // Only looked up: no order of pointers is used.
  std::vector<std::pair<const Node*, std::size_t>> open;  // And the operand that is next.
  const auto visit = [&](const NodeRef& root) {
    if (!done.contains(root.get())) open.emplace_back(root.get(), 0);
    while (!open.empty()) {
      auto& [node, next] = open.back();
      if (next < node->of.size()) {
        const Node* operand = node->of[next++].get();
        if (!done.contains(operand)) open.emplace_back(operand, 0);
        continue;
      }
      if (!done.contains(node)) {
        std::vector<std::size_t> of;
        for (const NodeRef& operand : node->of) of.push_back(done.at(operand.get()));
        done.emplace(node, plan.nodes.size());
        plan.nodes.push_back({node->dtype, node->chunks, node->what, std::move(of)});
      }
      open.pop_back();
    }
  };
  for (const NodeRef& root : wanted) {
    visit(root);
    plan.wanted.push_back(done.at(root.get()));
  }
  return plan;
}
}  // namespace tessera::arrays::expression
