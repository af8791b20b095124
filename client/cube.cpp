#include "client/cube/node.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace tessera {
using detail::CubeNode;

namespace {
[[noreturn]] void wrong(const std::string& sentence) { throw Error(ErrorCode::invalid_argument, sentence); }

std::string names_of(const std::vector<Dimension>& dimensions) {
  std::vector<std::string> names;
  for (const Dimension& one : dimensions) names.push_back(one.name);
  return fmt::format("({})", fmt::join(names, ", "));
}

void check(const std::string& cube, const Dimension& dimension) {
  if (dimension.labels.empty()) wrong(fmt::format("{}: the dimension {} is empty; each needs at least one label", cube, dimension.name));
  const auto sum = std::accumulate(dimension.chunks.begin(), dimension.chunks.end(), std::int64_t{0});
  if (sum != dimension.length() || std::ranges::any_of(dimension.chunks, [](std::int64_t length) { return length < 1; }))
    wrong(fmt::format("{}: chunks of ({}) do not make up the dimension {} of {}; their lengths are at least 1 and add up", cube,
                      fmt::join(dimension.chunks, ", "), dimension.name, dimension.length()));
}

void need_float(const std::string& cube, arrays::Dtype dtype, const char* purpose) {
  if (dtype != arrays::Dtype::float32 && dtype != arrays::Dtype::float64)
    throw Error(ErrorCode::type_mismatch,
                fmt::format("{} takes float32 or float64, but {} is {}", purpose, cube, arrays::to_string(dtype)));
}

std::vector<Dimension> without(std::vector<Dimension> dimensions, std::size_t axis) {
  dimensions.erase(dimensions.begin() + static_cast<std::ptrdiff_t>(axis));
  return dimensions;
}

/// That labels and chunks of the same dimension agree.
void check_aligned(const Cube& a, const Dimension& of_a, const Cube& b, const Dimension& of_b) {
  const std::string who = fmt::format("{} - {}: along {}", a.name(), b.name(), of_a.name);
  if (of_a.length() != of_b.length()) wrong(fmt::format("{} they have {} and {} elements", who, of_a.length(), of_b.length()));
  for (std::size_t i = 0; i < of_a.labels.size(); ++i)
    if (of_a.labels[i] != of_b.labels[i])
      wrong(fmt::format("{} their labels differ: {} and {} at index {}", who, of_a.labels[i], of_b.labels[i], i));
  if (of_a.chunks != of_b.chunks)
    wrong(fmt::format("{} they are cut differently: ({}) and ({}); rechunk one of them", who, fmt::join(of_a.chunks, ", "),
                      fmt::join(of_b.chunks, ", ")));
}

void check_grouped(const Cube& a, const Dimension& of_a, const Cube& b, const Dimension& groups) {
  const auto indices = static_cast<std::int64_t>(groups.grouping->of.size());
  if (indices != of_a.length())
    wrong(fmt::format("{} - {}: {} groups the {} elements of {}, but here {} has {}", a.name(), b.name(), groups.name, indices,
                      groups.grouped_from, of_a.name, of_a.length()));
}
}  // namespace

Cube Cube::source(std::string name, arrays::Dtype dtype, std::vector<Dimension> dimensions, Read read) {
  if (dimensions.size() > arrays::rank_max)
    wrong(fmt::format("{} has {} dimensions; {} is the most", name, dimensions.size(), arrays::rank_max));
  std::set<std::string> names;
  for (const Dimension& one : dimensions) {
    check(name, one);
    if (!names.insert(one.name).second) wrong(fmt::format("{}: two dimensions are called {}", name, one.name));
  }
  auto node = std::make_shared<const CubeNode>(CubeNode{std::move(name), dtype, std::move(dimensions), {}, detail::CubeRead{std::move(read)}});
  if (!arrays::element_count(Cube(node).shape())) wrong(fmt::format("{} has more than 2^63 - 1 elements", node->name));
  return Cube(std::move(node));
}

const std::string& Cube::name() const { return node_->name; }
arrays::Dtype Cube::dtype() const { return node_->dtype; }
const std::vector<Dimension>& Cube::dimensions() const { return node_->dimensions; }

arrays::Shape Cube::shape() const {
  arrays::Shape lengths;
  for (const Dimension& one : dimensions()) lengths.push_back(one.length());
  return lengths;
}

arrays::Shape Cube::grid() const {
  arrays::Shape counts;
  for (const Dimension& one : dimensions()) counts.push_back(static_cast<std::int64_t>(one.chunks.size()));
  return counts;
}

std::pair<arrays::Shape, arrays::Shape> Cube::box(arrays::ShapeView at) const {
  arrays::Shape start, count;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const auto& chunks = dimensions()[i].chunks;
    const auto here = chunks.begin() + at[i];
    start.push_back(std::accumulate(chunks.begin(), here, std::int64_t{0}));
    count.push_back(*here);
  }
  return {start, count};
}

bool next_index(arrays::Shape& at, arrays::ShapeView shape) {
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (++at[i] < shape[i]) return true;
    at[i] = 0;
  }
  return false;
}

std::size_t Cube::axis(const std::string& dimension, const char* purpose) const {
  const auto at = std::ranges::find(dimensions(), dimension, &Dimension::name);
  if (at == dimensions().end())
    wrong(fmt::format("{} of {} along {}: there is no such dimension; it has {}", purpose, name(), dimension, names_of(dimensions())));
  return static_cast<std::size_t>(at - dimensions().begin());
}

Cube Cube::mean(const std::string& dimension) const {
  const std::size_t along = axis(dimension, "the mean");
  need_float(name(), dtype(), "the mean");
  return Cube(std::make_shared<const CubeNode>(CubeNode{name(), dtype(), without(dimensions(), along), {*this}, detail::CubeMean{along}}));
}

Cube Cube::deviation(const std::string& dimension, int ddof) const {
  const std::size_t along = axis(dimension, "the standard deviation");
  need_float(name(), dtype(), "the standard deviation");
  if (ddof < 0) wrong(fmt::format("the standard deviation of {}: ddof is at least 0, not {}", name(), ddof));
  return Cube(std::make_shared<const CubeNode>(CubeNode{name(), dtype(), without(dimensions(), along), {*this}, detail::CubeDeviation{along, ddof}}));
}

Cube Cube::grouped_mean(const std::string& dimension, Grouping groups) const {
  const std::size_t along = axis(dimension, "the grouped mean");
  need_float(name(), dtype(), "the grouped mean");
  const auto group_count = static_cast<std::int64_t>(groups.labels.size());
  if (static_cast<std::int64_t>(groups.of.size()) != dimensions()[along].length())
    wrong(fmt::format("the grouped mean of {}: {} elements lie along {}, but groups are given for {}", name(),
                      dimensions()[along].length(), dimension, groups.of.size()));
  for (const std::int32_t group : groups.of)
    if (group < 0 || group >= group_count)
      wrong(fmt::format("the grouped mean of {}: there is no group {}; {} are labelled", name(), group, group_count));
  for (const Dimension& one : without(dimensions(), along))
    if (one.name == groups.name)
      wrong(fmt::format("the grouped mean of {}: it has a dimension {} already; give the groups another name", name(), groups.name));
  const auto shared = std::make_shared<const Grouping>(std::move(groups));
  std::vector<Dimension> result = dimensions();
  result[along] = {shared->name, shared->labels, {group_count}, dimension, shared};
  return Cube(std::make_shared<const CubeNode>(CubeNode{name(), dtype(), std::move(result), {*this}, detail::CubeGroupedMean{along, shared}}));
}

Cube Cube::at(const std::string& dimension, std::int64_t index) const {
  const std::size_t along = axis(dimension, "a slab");
  const std::int64_t length = dimensions()[along].length();
  if (index < 0 || index >= length)
    wrong(fmt::format("{} has {} elements along {}: there is no index {}", name(), length, dimension, index));
  return Cube(std::make_shared<const CubeNode>(CubeNode{name(), dtype(), without(dimensions(), along), {*this}, detail::CubeAt{along, index}}));
}

Cube Cube::rechunk(const std::string& dimension, std::int64_t length) const {
  const std::size_t along = axis(dimension, "chunks");
  if (length < 1) wrong(fmt::format("chunks of {} along {}: their length is at least 1, not {}", name(), dimension, length));
  std::vector<Dimension> result = dimensions();
  result[along].chunks.clear();
  for (std::int64_t left = result[along].length(); left > 0; left -= length) result[along].chunks.push_back(std::min(left, length));
  if (result[along].chunks == dimensions()[along].chunks) return *this;
  return Cube(std::make_shared<const CubeNode>(CubeNode{name(), dtype(), std::move(result), {*this}, detail::CubeRechunk{along}}));
}

Cube operator-(const Cube& a, const Cube& b) {
  need_float(a.name(), a.dtype(), "a difference");
  if (a.dtype() != b.dtype())
    throw Error(ErrorCode::type_mismatch, fmt::format("{} - {}: one is {}, the other {}", a.name(), b.name(), arrays::to_string(a.dtype()),
                                                      arrays::to_string(b.dtype())));
  detail::CubeSubtract plan;
  plan.b_axis.resize(a.dimensions().size());
  std::size_t earlier = 0;
  for (std::size_t i = 0; i < b.dimensions().size(); ++i) {
    const Dimension& theirs = b.dimensions()[i];
    auto at = std::ranges::find(a.dimensions(), theirs.name, &Dimension::name);
    const bool grouped = at == a.dimensions().end() && theirs.grouping != nullptr;
    if (grouped) at = std::ranges::find(a.dimensions(), theirs.grouped_from, &Dimension::name);
    if (at == a.dimensions().end())
      wrong(fmt::format("{} - {}: the second has a dimension {}, the first only {}", a.name(), b.name(), theirs.name, names_of(a.dimensions())));
    const auto along = static_cast<std::size_t>(at - a.dimensions().begin());
    if (grouped) check_grouped(a, *at, b, theirs);
    else check_aligned(a, *at, b, theirs);
    if (plan.b_axis[along])
      wrong(fmt::format("{} - {}: two dimensions of the second lie along {}", a.name(), b.name(), at->name));
    if (along < earlier)
      wrong(fmt::format("{} - {}: the dimensions {} of the second are not in the order {} of the first", a.name(), b.name(),
                        names_of(b.dimensions()), names_of(a.dimensions())));
    earlier = along;
    plan.b_axis[along] = i;
    if (grouped) {
      if (plan.grouped) wrong(fmt::format("{} - {}: the second has groups along two dimensions; one is supported", a.name(), b.name()));
      plan.grouped = along;
    }
  }
  return Cube(std::make_shared<const CubeNode>(CubeNode{a.name(), a.dtype(), a.dimensions(), {a, b}, std::move(plan)}));
}
}  // namespace tessera
