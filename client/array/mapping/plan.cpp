#include "client/array/mapping/plan.hpp"

#include "arrays/shape/gather.hpp"

#include <algorithm>

namespace tessera::detail {
using arrays::Shape;
using arrays::shape::Box;
using arrays::shape::Piece;

namespace {
/// Reads what `packed` wrote; `is_good` becomes false where the numbers end too early.
class Numbers {
 public:
  explicit Numbers(std::span<const std::int64_t> numbers) : left_(numbers) {}
  bool is_good() const { return is_good_; }
  bool is_all() const { return is_good_ && left_.empty(); }
  std::int64_t one() {
    if (left_.empty()) {
      is_good_ = false;
      return 0;
    }
    const std::int64_t number = left_.front();
    left_ = left_.subspan(1);
    return number;
  }
  std::span<const std::int64_t> many() {
    const std::int64_t count = one();
    if (count < 0 || count > std::ssize(left_)) {
      is_good_ = false;
      return {};
    }
    const auto taken = left_.first(static_cast<std::size_t>(count));
    left_ = left_.subspan(taken.size());
    return taken;
  }
  Shape shape() {
    const auto numbers = many();
    return {numbers.begin(), numbers.end()};
  }

 private:
  std::span<const std::int64_t> left_;
  bool is_good_ = true;
};

bool is_consistent(const KernelPlan& plan) {
  const std::size_t rank = plan.shape.size();
  if (plan.core < 0 || plan.core > static_cast<std::int64_t>(rank)) return false;
  if (plan.kind != KernelPlan::Kind::overlap) return plan.before.empty() && plan.behind.empty() && plan.has_before.empty() && plan.has_behind.empty();
  for (const Shape* one : {&plan.before, &plan.behind, &plan.has_before, &plan.has_behind})
    if (one->size() != rank) return false;
  constexpr std::int64_t depth_max = std::int64_t{1} << 60;  // Sums of two are numbers.
  for (std::size_t i = 0; i < rank; ++i)
    if (plan.before[i] > depth_max || plan.behind[i] > depth_max || plan.has_before[i] < 0 || plan.has_before[i] > plan.before[i] || plan.has_behind[i] < 0 || plan.has_behind[i] > plan.behind[i]) return false;
  for (const KernelPlan::Operand& one : plan.operands) {
    if (one.extents.size() != rank) return false;
    for (std::size_t i = 0; i < rank; ++i)
      if (one.extents[i] != plan.shape[i] + plan.has_before[i] + plan.has_behind[i]) return false;
  }
  return true;
}
}  // namespace

std::vector<std::int64_t> packed(const KernelPlan& plan) {
  std::vector<std::int64_t> numbers{static_cast<std::int64_t>(plan.kind), plan.core, std::ssize(plan.operands)};
  const auto add = [&](std::span<const std::int64_t> some) {
    numbers.push_back(std::ssize(some));
    numbers.insert(numbers.end(), some.begin(), some.end());
  };
  for (const Shape* one : {&plan.place, &plan.shape, &plan.before, &plan.behind, &plan.has_before, &plan.has_behind}) add(*one);
  for (const KernelPlan::Operand& one : plan.operands) add(one.extents), add(arrays::shape::packed(one.pieces));
  return numbers;
}

runtime::Result<KernelPlan> kernel_plan(std::span<const std::int64_t> all) {
  const runtime::Failure wrong{runtime::ErrorCode::invalid_argument, "the numbers of a task are no plan of a kernel's call"};
  Numbers numbers(all);
  KernelPlan plan;
  const std::int64_t kind = numbers.one();
  plan.core = numbers.one();
  const std::int64_t operands = numbers.one();
  for (Shape* one : {&plan.place, &plan.shape, &plan.before, &plan.behind, &plan.has_before, &plan.has_behind}) *one = numbers.shape();
  if (kind < 0 || kind > static_cast<std::int64_t>(KernelPlan::Kind::loops) || operands < 0 || operands > std::ssize(all)) return wrong;
  plan.kind = static_cast<KernelPlan::Kind>(kind);
  for (std::int64_t i = 0; i < operands; ++i) {
    KernelPlan::Operand& operand = plan.operands.emplace_back();
    operand.extents = numbers.shape();
    auto pieces = arrays::shape::unpacked(numbers.many(), operand.extents.size());
    if (!numbers.is_good() || !pieces) return wrong;
    operand.pieces = std::move(*pieces);
  }
  if (!numbers.is_all() || !is_consistent(plan)) return wrong;
  return plan;
}

std::vector<Region> regions_of(const KernelPlan& plan) {
  std::vector<Region> regions;
  if (std::ranges::find(plan.shape, 0) != plan.shape.end()) return regions;
  Region rest{Shape(plan.shape.size(), 0), plan.shape};
  if (plan.kind != KernelPlan::Kind::overlap) return {rest};
  for (std::size_t i = 0; i < plan.shape.size(); ++i) {
    // Where nothing lies beyond, nothing beyond is seen.
    const std::int64_t first = plan.has_before[i] == 0 ? 0 : plan.before[i], last = plan.has_behind[i] == 0 ? 0 : plan.behind[i];
    if (first + last >= rest.count[i]) {
      rest.is_inside = false;
      break;
    }
    Region border = rest;
    border.is_inside = false;
    border.count[i] = first;
    if (first > 0) regions.push_back(border);
    border.start[i] += plan.shape[i] - last, border.count[i] = last;
    if (last > 0) regions.push_back(border);
    rest.start[i] += first, rest.count[i] -= first + last;
  }
  regions.push_back(std::move(rest));
  return regions;
}

Box seen_by(const KernelPlan& plan, const Region& region) {
  Box box{region.start, region.count};
  if (plan.kind != KernelPlan::Kind::overlap) return box;
  for (std::size_t i = 0; i < box.start.size(); ++i) {
    const std::int64_t before = std::min(plan.before[i], region.start[i] + plan.has_before[i]);
    const std::int64_t behind = std::min(plan.behind[i], plan.shape[i] - region.start[i] - region.count[i] + plan.has_behind[i]);
    box.start[i] += plan.has_before[i] - before;
    box.count[i] += before + behind;
  }
  return box;
}

std::vector<Piece> pieces_in(const KernelPlan::Operand& operand, const Box& box) {
  std::vector<Piece> result;
  for (const Piece& one : operand.pieces) {
    Piece part = one;
    bool is_empty = false;
    for (std::size_t i = 0; i < box.start.size(); ++i) {
      const std::int64_t first = std::max(one.start[i], box.start[i]), end = std::min(one.start[i] + one.count[i], box.start[i] + box.count[i]);
      is_empty |= first >= end;
      part.offset += (first - one.start[i]) * one.strides[i];
      part.start[i] = first - box.start[i], part.count[i] = end - first;
    }
    if (!is_empty) result.push_back(std::move(part));
  }
  return result;
}
}  // namespace tessera::detail
