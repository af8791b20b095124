// `map_blocks`, `map_overlap`, `apply_gufunc`: what metadata tells is checked here, before anything runs.
#include "arrays/shape/broadcast.hpp"
#include "client/array/face.hpp"
#include "client/array/mapping/procedure.hpp"
#include "client/array/padding.hpp"
#include "client/xp/mapping.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::detail {
using arrays::Shape;
using arrays::shape::Chunks;
using arrays::shape::Cuts;

namespace {
[[noreturn]] void refuse(const char* function, const KernelUse& use, const std::string& what, ErrorCode code = ErrorCode::invalid_argument) {
  throw Error(code, fmt::format("{}({}): {}", function, use.name, what));
}

void check_views(const char* function, const KernelUse& use, bool ranks_too) {
  for (std::size_t i = 0; i < use.arrays.size(); ++i) {
    const Array& x = use.arrays[i];
    const KernelForm::One& view = use.form.operands[i];
    if (x.dtype() == view.dtype && (!ranks_too || x.ndim() == view.rank)) continue;
    refuse(function, use, fmt::format("array {} is {} of shape {}, but the kernel takes a view of {} with {} dimensions", i, arrays::to_string(x.dtype()),
                                      arrays::to_string(x.shape()), arrays::to_string(view.dtype), view.rank), ErrorCode::type_mismatch);
  }
}

std::string shapes_of(const std::vector<Array>& all) {
  std::string text;
  for (const Array& one : all) text += (text.empty() ? "" : ", ") + arrays::to_string(one.shape());
  return text;
}

/// Dimension `d` of `rank` ones, of those arrays that have it: the array's own number of it.
template <class Visit>
void each_with(const std::vector<Array>& all, std::size_t rank, std::size_t d, const Visit& visit) {
  for (std::size_t i = 0; i < all.size(); ++i)
    if (d + all[i].ndim() >= rank) visit(i, d + all[i].ndim() - rank);
}

/// The arrays so that chunks with one place go together, and how many of them there are.
Shape align(KernelUse& use, std::size_t rank) {
  Shape counts(rank, 1);
  std::vector<Chunks> chunks;
  for (const Array& one : use.arrays) chunks.push_back(one.chunks());
  for (std::size_t d = 0; d < rank; ++d) {
    std::vector<Cuts> meet;
    std::vector<std::int64_t> lengths;
    each_with(use.arrays, rank, d, [&](std::size_t i, std::size_t own) {
      meet.push_back(chunks[i][own]);
      lengths.push_back(use.arrays[i].shape()[own]);
    });
    if (std::ranges::count(lengths, lengths[0]) == std::ssize(lengths)) {
      const Cuts common = arrays::shape::refine(meet);
      each_with(use.arrays, rank, d, [&](std::size_t i, std::size_t own) { chunks[i][own] = common; });
      counts[d] = std::ssize(common);
      continue;
    }
    for (const Cuts& one : meet) {
      if (std::ssize(one) == 1 || std::ssize(one) == counts[d]) continue;
      if (counts[d] != 1)
        refuse("map_blocks", use, fmt::format("arrays of the shapes {} have {} and {} chunks along dimension {} of the result: give them as many, or one", shapes_of(use.arrays),
                                              counts[d], one.size(), d));
      counts[d] = std::ssize(one);
    }
  }
  for (std::size_t i = 0; i < chunks.size(); ++i) use.arrays[i] = xp::rechunk(use.arrays[i], chunks[i]);
  return counts;
}

Array node_of(KernelUse use, MappedKernel kernel, Chunks chunks) {
  kernel.name = std::move(use.name), kernel.mark = use.mark, kernel.values = std::move(use.values);
  return made(arrays::expression::special(std::make_shared<Mapped>(std::move(kernel)), use.form.result.dtype, std::move(chunks), nodes_of(use.arrays)));
}
}  // namespace

Array map_blocks(KernelUse use) {
  check_views("map_blocks", use, /*ranks_too=*/true);
  std::size_t rank = 0;
  for (const Array& one : use.arrays) rank = std::max(rank, one.ndim());
  if (use.form.result.rank != rank)
    refuse("map_blocks", use, fmt::format("the kernel writes {} dimensions of arrays of the shapes {}; apply_gufunc is for kernels that drop or add some", use.form.result.rank,
                                          shapes_of(use.arrays)));
  const Shape counts = align(use, rank);
  Chunks chunks;
  for (const std::int64_t count : counts) chunks.emplace_back(static_cast<std::size_t>(count), -1);
  Shape at(rank, 0);
  do {
    std::vector<Shape> operands;
    for (const Array& one : use.arrays) {
      Shape& shape = operands.emplace_back();
      for (std::size_t i = 0; i < one.ndim(); ++i) {
        const Cuts& cuts = one.chunks()[i];
        shape.push_back(cuts[cuts.size() == 1 ? 0 : static_cast<std::size_t>(at[rank - one.ndim() + i])]);
      }
    }
    const Shape shape = use.rule(operands);
    if (shape.size() != rank || std::ranges::any_of(shape, [](std::int64_t one) { return one < 0; }))
      refuse("map_blocks", use, fmt::format("its rule gives the shape {} for operands of chunk {}; it has {} dimensions, of at least 0", arrays::to_string(shape),
                                            arrays::to_string(at), rank));
    for (std::size_t i = 0; i < rank; ++i) {
      std::int64_t& cut = chunks[i][static_cast<std::size_t>(at[i])];
      if (cut >= 0 && cut != shape[i])
        refuse("map_blocks", use, fmt::format("its rule gives chunk {} the shape {}, but chunks beside it have the length {} along dimension {}", arrays::to_string(at),
                                              arrays::to_string(shape), cut, i));
      cut = shape[i];
    }
  } while (arrays::shape::next_index(at, counts));
  return node_of(std::move(use), {.kind = KernelPlan::Kind::blocks}, std::move(chunks));
}

Array map_overlap(KernelUse use, const xp::OverlapOptions& options) {
  check_views("map_overlap", use, /*ranks_too=*/true);
  const Shape shape = use.arrays[0].shape();
  const std::size_t rank = shape.size();
  for (const Array& one : use.arrays)
    if (one.shape() != shape) refuse("map_overlap", use, fmt::format("the shapes {} differ", shapes_of(use.arrays)));
  if (use.form.result.rank != rank) refuse("map_overlap", use, fmt::format("the kernel writes {} dimensions, its operands have the shape {}", use.form.result.rank, arrays::to_string(shape)));
  const auto& depths = options.depth;
  const auto& edges = options.boundary;
  if ((depths.is_list() && depths.all().size() != rank) || (edges.is_list() && edges.all().size() != rank))
    refuse("map_overlap", use, fmt::format("{} depths and {} boundaries are given for the {} dimensions of the shape {}", depths.all().size(), edges.all().size(), rank,
                                           arrays::to_string(shape)));
  align(use, rank);
  const Chunks chunks = use.arrays[0].chunks();
  MappedKernel kernel{.kind = KernelPlan::Kind::overlap};
  for (std::size_t i = 0; i < rank; ++i) {
    Depth depth = depths.all()[depths.is_list() ? i : 0];
    const Boundary& edge = edges.all()[edges.is_list() ? i : 0];
    if (depth.before < 0 || depth.behind < 0) refuse("map_overlap", use, fmt::format("the depth ({}, {}) of dimension {} is below 0", depth.before, depth.behind, i));
    const bool is_padded = edge.number() || (edge.edge() != Edge::none && shape[i] > 0);
    if (!is_padded) depth = {std::min(depth.before, shape[i]), std::min(depth.behind, shape[i])};
    kernel.before.push_back(depth.before), kernel.behind.push_back(depth.behind);
    kernel.is_padded.push_back(is_padded);
    if (!is_padded) continue;
    const Padding how = edge.number() ? Padding::constant : edge.edge() == Edge::reflect ? Padding::symmetric : edge.edge() == Edge::periodic ? Padding::wrap : Padding::edge;
    for (Array& one : use.arrays) one = padded(one, i, depth.before, depth.behind, how, edge.number());
  }
  return node_of(std::move(use), std::move(kernel), chunks);
}

namespace {
using Names = std::vector<std::string>;
/// "(i,j),()->(i)": the names of each operand, the last are the result's. Empty where it is none.
std::vector<Names> parsed(const std::string& signature) {
  std::vector<Names> all;
  std::string text;
  for (const char c : signature)
    if (c != ' ') text += c;
  std::size_t at = 0;
  bool is_result = false;
  while (at < text.size()) {
    if (text[at] != '(') return {};
    const std::size_t end = text.find(')', at);
    if (end == std::string::npos) return {};
    Names& names = all.emplace_back();
    for (std::size_t from = at + 1; from < end;) {
      const std::size_t comma = std::min(text.find(',', from), end);
      names.push_back(text.substr(from, comma - from));
      if (names.back().empty() || names.back().find_first_of("(->") != std::string::npos) return {};
      from = comma + 1;
    }
    at = end + 1;
    if (at == text.size()) return is_result ? all : std::vector<Names>{};
    if (text.compare(at, 2, "->") == 0 && !is_result) is_result = true, at += 2;
    else if (text[at] == ',' && !is_result) ++at;
    else return {};
  }
  return {};
}
}  // namespace

Array apply_gufunc(KernelUse use, const std::string& signature, const xp::GufuncOptions& options) {
  const char* const function = "apply_gufunc";
  check_views(function, use, /*ranks_too=*/false);
  const std::vector<Names> names = parsed(signature);
  if (names.size() != use.arrays.size() + 1)
    refuse(function, use, fmt::format("the signature \"{}\" is not one of {} operands and a result, as in \"(i,j),(j)->(i)\"", signature, use.arrays.size()));
  std::map<std::string, std::int64_t> lengths = options.sizes;
  MappedKernel kernel{.kind = KernelPlan::Kind::loops};
  std::vector<Shape> loops;
  std::vector<Chunks> loop_chunks;
  for (std::size_t i = 0; i <= use.arrays.size(); ++i) {
    const bool is_result = i == use.arrays.size();
    const std::size_t core = names[i].size(), rank = is_result ? use.form.result.rank : use.form.operands[i].rank;
    if (core != rank) refuse(function, use, fmt::format("\"{}\" names {} core dimensions where the kernel's view has {}", signature, core, rank), ErrorCode::type_mismatch);
    if (is_result) break;
    const Shape& shape = use.arrays[i].shape();
    if (shape.size() < core) refuse(function, use, fmt::format("array {} of shape {} has fewer dimensions than the {} of \"{}\"", i, arrays::to_string(shape), core, signature));
    for (std::size_t k = 0; k < core; ++k) {
      const std::int64_t length = shape[shape.size() - core + k];
      if (const auto [at, is_new] = lengths.emplace(names[i][k], length); !is_new && at->second != length)
        refuse(function, use, fmt::format("\"{}\" has the lengths {} and {} in the arrays of the shapes {}", names[i][k], at->second, length, shapes_of(use.arrays)));
    }
    kernel.cores.push_back(core);
    const auto cut = static_cast<std::ptrdiff_t>(shape.size() - core);
    loops.emplace_back(shape.begin(), shape.begin() + cut);
    loop_chunks.emplace_back(use.arrays[i].chunks().begin(), use.arrays[i].chunks().begin() + cut);
  }
  const auto loop = arrays::shape::broadcast(loops);
  if (!loop) refuse(function, use, fmt::format("the arrays of the shapes {} do not broadcast before their core dimensions \"{}\"", shapes_of(use.arrays), signature));
  Chunks chunks = arrays::shape::broadcast_chunks(loop_chunks, *loop);
  for (std::size_t i = 0; i < use.arrays.size(); ++i) {
    Chunks its = arrays::shape::operand_chunks(chunks, loops[i]);
    for (std::size_t k = 0; k < kernel.cores[i]; ++k) its.push_back({use.arrays[i].shape()[loops[i].size() + k]});
    use.arrays[i] = xp::rechunk(use.arrays[i], its);
  }
  for (const std::string& name : names.back()) {
    const auto at = lengths.find(name);
    if (at == lengths.end()) refuse(function, use, fmt::format("\"{}\" of \"{}\" is no dimension of an operand: give its length in `sizes`", name, signature));
    chunks.push_back({at->second});
  }
  kernel.core = names.back().size();
  return node_of(std::move(use), std::move(kernel), std::move(chunks));
}
}  // namespace tessera::detail
