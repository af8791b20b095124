// The passes of the optimiser. Each takes a plan and gives one in which operands come first, too.
#include "arrays/expression/plan.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace tessera::arrays::expression {
namespace {
using kernels::Program;

template <class T>
const T* as(const Planned& node) { return std::get_if<T>(&node.what); }

/// The nodes that are needed, in their order.
Plan culled(const Plan& plan) {
  std::vector<bool> needed(plan.nodes.size(), false);
  for (const std::size_t one : plan.wanted) needed[one] = true;
  for (std::size_t i = plan.nodes.size(); i-- > 0;)
    if (needed[i])
      for (const std::size_t operand : plan.nodes[i].of) needed[operand] = true;
  Plan result;
  std::vector<std::size_t> now(plan.nodes.size());
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    if (!needed[i]) continue;
    now[i] = result.nodes.size();
    Planned& node = result.nodes.emplace_back(plan.nodes[i]);
    for (std::size_t& operand : node.of) operand = now[operand];
  }
  for (const std::size_t one : plan.wanted) result.wanted.push_back(now[one]);
  return result;
}

/// Equal nodes are one.
Plan merged(const Plan& plan) {
  Plan result;
  std::vector<std::size_t> now(plan.nodes.size());
  std::map<std::vector<std::size_t>, std::vector<std::size_t>> alike;  // By kind, dtype and operands.
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    Planned node = plan.nodes[i];
    for (std::size_t& operand : node.of) operand = now[operand];
    std::vector<std::size_t> traits{node.what.index(), static_cast<std::size_t>(node.dtype)};
    traits.insert(traits.end(), node.of.begin(), node.of.end());
    auto& candidates = alike[traits];
    const auto same = std::ranges::find_if(candidates, [&](std::size_t other) { return result.nodes[other] == node; });
    if (same != candidates.end()) {
      now[i] = *same;
      continue;
    }
    candidates.push_back(now[i] = result.nodes.size());
    result.nodes.push_back(std::move(node));
  }
  for (const std::size_t one : plan.wanted) result.wanted.push_back(now[one]);
  return result;
}

/// A view of a view is one of the first's operand; not of one that only changes the chunks, which does so for its memory.
void compose_views(Plan& plan) {
  for (Planned& node : plan.nodes) {
    auto* outer = std::get_if<Viewed>(&node.what);
    if (outer == nullptr) continue;
    const Planned& operand = plan.nodes[node.of[0]];
    const auto* inner = as<Viewed>(operand);
    if (inner == nullptr) continue;
    const Planned& source = plan.nodes[operand.of[0]];
    if (shape::natural_chunks(inner->view, source.chunks) != operand.chunks || shape::is_whole(inner->view, shape::shape_of(source.chunks))) continue;
    outer->view = shape::compose(outer->view, inner->view);
    node.of = operand.of;
  }
}

/// What a view of the result of a program takes of one operand, in the view's dimensions: 1 where the operand stretches.
shape::View view_of_operand(const shape::View& view, const Shape& result, const Shape& operand) {
  const std::size_t missing = result.size() - operand.size();
  shape::View its{view.shape, {}, Shape(operand.size(), 0)};
  const auto stretches = [&](std::size_t axis) { return axis < missing || operand[axis - missing] != result[axis]; };
  for (std::size_t i = 0; i < view.shape.size(); ++i) {
    const auto axis = static_cast<std::size_t>(view.from[i].axis);
    if (view.from[i].axis < 0 || stretches(axis)) its.from.emplace_back(), its.shape[i] = 1;
    else its.from.push_back({static_cast<std::int32_t>(axis - missing), view.from[i].step});
  }
  for (std::size_t axis = missing; axis < result.size(); ++axis)
    if (!stretches(axis)) its.base[axis - missing] = view.base[axis];
  return its;
}

/// A part of the result of a program that nobody else needs is the program of parts of its operands, where those are no more elements.
Plan with_views_pushed(const Plan& plan) {
  std::vector<std::size_t> consumers(plan.nodes.size(), 0);
  for (const std::size_t one : plan.wanted) ++consumers[one];
  for (const Planned& node : plan.nodes)
    for (const std::size_t operand : node.of) ++consumers[operand];
  Plan result;
  std::vector<std::size_t> now(plan.nodes.size());
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    Planned node = plan.nodes[i];
    if (const auto* viewed = as<Viewed>(node)) {
      const Planned& program = plan.nodes[node.of[0]];
      const Shape whole = shape::shape_of(program.chunks);
      const bool is_part = *element_count(viewed->view.shape) <= *element_count(whole) / std::max<std::int64_t>(std::ssize(program.of), 1);
      if (as<Apply>(program) != nullptr && consumers[node.of[0]] == 1 && is_part && !shape::is_whole(viewed->view, whole)) {
        Planned part{node.dtype, shape::natural_chunks(viewed->view, program.chunks), program.what, {}};
        for (const std::size_t operand : program.of) {
          const Planned& its = plan.nodes[operand];
          const shape::View view = view_of_operand(viewed->view, whole, shape::shape_of(its.chunks));
          part.of.push_back(result.nodes.size());
          result.nodes.push_back({its.dtype, shape::natural_chunks(view, its.chunks), Viewed{view}, {now[operand]}});
        }
        now[i] = result.nodes.size();
        const bool is_cut_alike = part.chunks == node.chunks;
        result.nodes.push_back(std::move(part));
        if (!is_cut_alike) {
          result.nodes.push_back({node.dtype, node.chunks, Viewed{shape::whole(viewed->view.shape)}, {now[i]}});
          ++now[i];
        }
        continue;
      }
    }
    for (std::size_t& operand : node.of) operand = now[operand];
    now[i] = result.nodes.size();
    result.nodes.push_back(std::move(node));
  }
  for (const std::size_t one : plan.wanted) result.wanted.push_back(now[one]);
  return result;
}

/// First stages of the same operand along the same axes are one.
void join_reductions(Plan& plan) {
  std::map<std::pair<std::size_t, std::vector<std::size_t>>, std::size_t> first;  // By operand and axes.
  std::vector<std::pair<std::size_t, std::size_t>> now(plan.nodes.size());        // The node, and which of its reductions.
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    if (const auto* its = as<Partials>(plan.nodes[i])) {
      const auto at = first.emplace(std::pair(plan.nodes[i].of[0], its->axes), i).first->second;
      auto& joined = std::get<Partials>(plan.nodes[at].what);
      now[i] = {at, at == i ? 0 : joined.reductions.size()};
      if (at == i || joined.reductions.size() >= kernels::outputs_max) {
        now[i] = {i, 0};
        continue;
      }
      joined.reductions.push_back(its->reductions[0]);
      joined.program.outputs.push_back(joined.program.outputs[0]);
    } else if (auto* finish = std::get_if<Finish>(&plan.nodes[i].what)) {
      const auto [node, which] = now[plan.nodes[i].of[0]];
      plan.nodes[i].of[0] = node;
      finish->which = which;
    }
  }
}

const Program* program_of(const Planned& node) {
  if (const auto* apply = as<Apply>(node)) return &apply->program;
  if (const auto* partials = as<Partials>(node)) return &partials->program;
  return nullptr;
}

/// Which chain each node belongs to, told by the chain's last node. One joins the chain of its consumers if they are all in the same, it has
/// the chain's shape, and what comes of it stays small.
std::vector<std::size_t> chains_of(const Plan& plan) {
  const std::size_t none = plan.nodes.size();
  std::vector<std::optional<std::size_t>> consumer(plan.nodes.size());  // The chain of all; `none` where they differ.
  for (const std::size_t one : plan.wanted) consumer[one] = none;
  std::vector<std::size_t> chain(plan.nodes.size()), steps(plan.nodes.size(), 0), operands(plan.nodes.size(), 0);
  for (std::size_t i = plan.nodes.size(); i-- > 0;) {
    const Planned& node = plan.nodes[i];
    const Program* program = program_of(node);
    chain[i] = i;
    if (as<Apply>(node) != nullptr && consumer[i] && *consumer[i] != none) {
      const std::size_t last = *consumer[i];
      const bool fits = program_of(plan.nodes[last]) != nullptr && plan.nodes[last].chunks == node.chunks &&
                        steps[last] + program->steps.size() <= fused_steps_max && operands[last] + node.of.size() <= fused_operands_max + 1;
      if (fits) chain[i] = last;
    }
    if (program != nullptr) {
      steps[chain[i]] += program->steps.size();
      operands[chain[i]] += node.of.size() - (chain[i] != i);
    }
    for (const std::size_t operand : node.of) {
      if (!consumer[operand]) consumer[operand] = chain[i];
      else if (*consumer[operand] != chain[i]) consumer[operand] = none;
    }
  }
  return chain;
}

/// One program of all members of a chain.
class Fusion {
 public:
  /// `made` are the nodes whose elements the program makes itself.
  Fusion(const Plan& plan, const std::vector<std::size_t>& chain, std::size_t last, const std::vector<bool>& made)
      : plan_(plan), chain_(chain), last_(last), made_(made) {}

  /// The last node with that program, and the operands that are outside.
  Planned fused(std::span<const std::size_t> members) {
    for (const std::size_t member : members) collect(plan_.nodes[member]);
    for (const std::size_t node : makes_) {
      program_.inputs.push_back(plan_.nodes[node].dtype);
      program_.makes.push_back(std::get<Make>(plan_.nodes[node].what));
    }
    for (const std::size_t member : members) append(member);
    Planned node = plan_.nodes[last_];
    std::vector<std::uint16_t> outputs;
    for (const Register one : registers_.at(last_)) outputs.push_back(numbered(one));
    program_.steps = steps();
    program_.outputs = std::move(outputs);
    if (auto* apply = std::get_if<Apply>(&node.what)) apply->program = std::move(program_);
    else std::get<Partials>(node.what).program = std::move(program_);
    node.of = std::move(of_);
    return node;
  }

 private:
  enum class Bank { input, made, constant, step };
  struct Register { Bank bank; std::size_t at; };
  struct Open { kernels::Op op; Dtype dtype; std::array<Register, 3> in; };

  /// Finds the operands that are outside and no single number.
  void collect(const Planned& node) {
    for (const std::size_t operand : node.of)
      if (chain_[operand] != last_ && !number(operand)) {
        auto& known = is_made(operand) ? makes_ : of_;
        if (std::ranges::find(known, operand) != known.end()) continue;
        known.push_back(operand);
        if (!is_made(operand)) program_.inputs.push_back(plan_.nodes[operand].dtype);
      }
  }
  bool is_made(std::size_t operand) const { return made_[operand] && plan_.nodes[operand].chunks == plan_.nodes[last_].chunks; }
  const kernels::Scalar* number(std::size_t operand) const {
    const auto* make = as<Make>(plan_.nodes[operand]);
    return make != nullptr && make->kind == Make::Kind::full ? &make->numbers[0] : nullptr;
  }
  Register constant(const kernels::Scalar& scalar) {
    const auto at = std::ranges::find(program_.constants, scalar);
    const auto index = static_cast<std::size_t>(at - program_.constants.begin());
    if (at == program_.constants.end()) program_.constants.push_back(scalar);
    return {Bank::constant, index};
  }
  Register operand(std::size_t node) {
    if (chain_[node] == last_ && node != last_) return registers_.at(node)[0];
    if (const auto* scalar = number(node)) return constant(*scalar);
    const auto& known = is_made(node) ? makes_ : of_;
    return {is_made(node) ? Bank::made : Bank::input, static_cast<std::size_t>(std::ranges::find(known, node) - known.begin())};
  }
  void append(std::size_t member) {
    const Program& program = *program_of(plan_.nodes[member]);
    std::vector<Register> its;
    for (const std::size_t one : plan_.nodes[member].of) its.push_back(operand(one));
    for (const kernels::Scalar& scalar : program.constants) its.push_back(constant(scalar));
    for (const kernels::Step& step : program.steps) {
      Open open{step.op, step.dtype, {}};
      for (std::size_t i = 0; i < kernels::operand_count(step.op); ++i) open.in[i] = its[step.in[i]];
      its.push_back({Bank::step, open_.size()});
      open_.push_back(open);
    }
    for (const std::uint16_t output : program.outputs) registers_[member].push_back(its[output]);
  }
  std::uint16_t numbered(Register one) const {
    std::size_t at = one.at;
    if (one.bank == Bank::made) at += of_.size();
    if (one.bank == Bank::constant || one.bank == Bank::step) at += program_.inputs.size();
    if (one.bank == Bank::step) at += program_.constants.size();
    return static_cast<std::uint16_t>(at);
  }
  std::vector<kernels::Step> steps() const {
    std::vector<kernels::Step> all;
    for (const Open& open : open_) {
      kernels::Step step{open.op, open.dtype, {}};
      for (std::size_t i = 0; i < kernels::operand_count(open.op); ++i) step.in[i] = numbered(open.in[i]);
      all.push_back(step);
    }
    return all;
  }

  const Plan& plan_;
  const std::vector<std::size_t>& chain_;
  std::size_t last_;
  const std::vector<bool>& made_;
  Program program_;
  std::vector<std::size_t> of_, makes_;
  std::vector<Open> open_;
  std::map<std::size_t, std::vector<Register>> registers_;
};

/// Which elements are made where they are used instead of as a node of their own: those that cost no more than to read them, and random ones that one
/// chain alone uses.
std::vector<bool> made_in_place(const Plan& plan, const std::vector<std::size_t>& chain) {
  const std::size_t none = plan.nodes.size();
  std::vector<std::optional<std::size_t>> user(plan.nodes.size());
  for (const std::size_t one : plan.wanted) user[one] = none;
  for (std::size_t i = 0; i < plan.nodes.size(); ++i)
    for (const std::size_t operand : plan.nodes[i].of) user[operand] = user[operand].value_or(chain[i]) == chain[i] ? chain[i] : none;
  std::vector<bool> made(plan.nodes.size(), false);
  for (std::size_t i = 0; i < plan.nodes.size(); ++i)
    if (const auto* make = as<Make>(plan.nodes[i])) made[i] = (make->kind != Make::Kind::uniform && make->kind != Make::Kind::normal) || user[i] != none;
  return made;
}

enum class Makes { as_nodes, in_place };
void fuse(Plan& plan, Makes makes) {
  const auto chain = chains_of(plan);
  const auto made = makes == Makes::in_place ? made_in_place(plan, chain) : std::vector<bool>(plan.nodes.size(), false);
  std::vector<std::vector<std::size_t>> members(plan.nodes.size());
  for (std::size_t i = 0; i < plan.nodes.size(); ++i)
    if (program_of(plan.nodes[i]) != nullptr) members[chain[i]].push_back(i);
  const Plan before = plan;
  for (std::size_t i = 0; i < plan.nodes.size(); ++i)
    if (chain[i] == i && !members[i].empty()) plan.nodes[i] = Fusion(before, chain, i, made).fused(members[i]);
}

/// A part of its node that a program reads where it lies: each chunk in one chunk of the node, and not much less than that, as the whole is in memory.
bool is_read_in_place(const Plan& plan, const Planned& viewed) {
  const auto* its = as<Viewed>(viewed);
  if (its == nullptr || shape::unknown_dimension(shape::shape_of(viewed.chunks))) return false;
  const shape::Chunks& source = plan.nodes[viewed.of[0]].chunks;
  const std::int64_t elements = *element_count(its->view.shape);
  return elements > 0 && elements >= *element_count(shape::shape_of(source)) / 2 && shape::natural_chunks(its->view, source) == viewed.chunks;
}

/// Programs read transposed and otherwise viewed operands where they lie. The last pass: the others do not know of it.
void read_in_place(Plan& plan) {
  for (Planned& node : plan.nodes) {
    if (program_of(node) == nullptr) continue;
    auto* apply = std::get_if<Apply>(&node.what);
    auto& through = apply != nullptr ? apply->through : std::get<Partials>(node.what).through;
    for (std::size_t i = 0; i < node.of.size(); ++i) {
      const Planned& operand = plan.nodes[node.of[i]];
      if (!is_read_in_place(plan, operand)) continue;
      through.resize(node.of.size());
      through[i] = Through{as<Viewed>(operand)->view, operand.chunks};
      node.of[i] = operand.of[0];
    }
  }
}
}  // namespace

Plan optimised(const Plan& plan) {
  Plan result = merged(plan);
  compose_views(result);
  result = culled(merged(result));
  join_reductions(result);
  result = culled(result);
  fuse(result, Makes::as_nodes);
  result = culled(with_views_pushed(culled(result)));
  compose_views(result);
  result = culled(merged(result));
  fuse(result, Makes::in_place);
  result = culled(result);
  read_in_place(result);
  return culled(result);
}
}  // namespace tessera::arrays::expression
