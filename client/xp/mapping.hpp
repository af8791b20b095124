/// @file
/// Kernels of users over the chunks of arrays: `map_blocks`, `map_overlap`, `apply_gufunc`.
#pragma once
#include "client/kernel.hpp"

#include <concepts>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tessera {
/// How many elements beyond its own a kernel looks at, on both sides or each.
struct Depth {
  Depth(std::integral auto both) : before(static_cast<std::int64_t>(both)), behind(before) {}
  Depth(std::int64_t before_, std::int64_t behind_) : before(before_), behind(behind_) {}
  std::int64_t before, behind;
};
/// What lies beyond the edge of an array, of `a b c d`.
enum class Edge {
  none,      ///< Nothing: `View::begin` and `end` say how far a kernel may look.
  reflect,   ///< `b a | a b c d | d c`.
  periodic,  ///< `c d | a b c d | a b`.
  nearest,   ///< `a a | a b c d | d d`.
};
/// An `Edge`, or a number that lies there.
class Boundary {
 public:
  Boundary(Edge edge) : edge_(edge) {}
  template <class N>
    requires(!std::same_as<N, Edge> && std::convertible_to<N, Operand>)
  Boundary(N number) : number_(number) {}
  Edge edge() const { return edge_; }
  const std::optional<Operand>& number() const { return number_; }

 private:
  Edge edge_ = Edge::none;
  std::optional<Operand> number_;
};

namespace xp {
/// One for all dimensions, or one for each.
template <class T>
class PerDimension {
 public:
  template <class V>
    requires std::convertible_to<V, T>
  PerDimension(V one) : all_{T(one)} {}
  PerDimension(std::initializer_list<T> each) : all_(each), is_list_(true) {}
  PerDimension(std::vector<T> each) : all_(std::move(each)), is_list_(true) {}
  bool is_list() const { return is_list_; }
  const std::vector<T>& all() const { return all_; }

 private:
  std::vector<T> all_;
  bool is_list_ = false;
};
/// `.depth = 1`, `.depth = {2, Depth{0, 1}}`; `.boundary = Edge::periodic`, `.boundary = {Edge::reflect, 0.0}`.
struct OverlapOptions { PerDimension<Depth> depth = 0; PerDimension<Boundary> boundary = Edge::reflect; };
struct GufuncOptions { std::map<std::string, std::int64_t> sizes = {}; };
}  // namespace xp

namespace detail {
Array map_blocks(KernelUse use);
Array map_overlap(KernelUse use, const xp::OverlapOptions& options);
Array apply_gufunc(KernelUse use, const std::string& signature, const xp::GufuncOptions& options);

template <class... P, class... A>
KernelUse use_of(void (*kernel)(P...), const A&... arguments) {
  return Kernel<void (*)(P...)>::use(registered(reinterpret_cast<const void*>(kernel)), arguments...);
}
}  // namespace detail

namespace xp {
/// Calls the kernel for each chunk; arguments are those of its parameters but the view that it writes. Arrays are aligned at the last
/// dimension. Where they have the same length they are cut alike (A3); where lengths differ, each has as many chunks as the others, or one,
/// which then goes with all. The result has a chunk for each call, of the shape that the kernel's rule gives, by default that of the
/// first array's chunk; as many dimensions as the array that has most. Throws `type_mismatch` where an array has not the dtype or the rank of
/// its view, `invalid_argument` where chunks or shapes do not fit. One task a chunk, no copy.
template <class... P, class... A>
Array map_blocks(void (*kernel)(P...), const A&... arguments) {
  return detail::map_blocks(detail::use_of(kernel, arguments...));
}

/// The same for kernels that look at neighbours, as stencils do: `y(i, j)` may depend on `x(i - before, ...)` to `x(i + behind, ...)` and on
/// nothing else, as a chunk is computed in parts: where it lies, without a copy, and its border from copies of edges. Each result is the one
/// over the whole array (A10), whatever the chunks, smaller ones than the depth, too. Arrays have one shape, which is the result's, and the
/// kernel's views its rank. One task a chunk, and one for each neighbour's edge, which is what travels.
template <class... P, class... A>
Array map_overlap(void (*kernel)(P...), const OverlapOptions& options, const A&... arguments) {
  return detail::map_overlap(detail::use_of(kernel, arguments...), options);
}

/// Calls the kernel over core dimensions, the last ones, which the signature names: `"(i,j),(j)->(i)"`. What lies before them broadcasts, and
/// for each index there the kernel is called once with views of the core dimensions. A name stands for one length; one that is only
/// in the result has its in `sizes`. Core dimensions are one chunk then. One task a chunk, after a rechunk where core dimensions are cut.
template <class... P, class... A>
Array apply_gufunc(void (*kernel)(P...), const std::string& signature, const GufuncOptions& options, const A&... arguments) {
  return detail::apply_gufunc(detail::use_of(kernel, arguments...), signature, options);
}
}  // namespace xp
}  // namespace tessera
