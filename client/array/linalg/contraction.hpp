/// @file
/// Sums over inner dimensions of products of two arrays, chunk by chunk: what `matmul`, `tensordot` and `einsum` are made of.
#pragma once
#include "arrays/linalg/product.hpp"
#include "client/array.hpp"
#include "client/array/procedure.hpp"

namespace tessera::detail {
struct Contraction : ArrayProcedure {
  explicit Contraction(const arrays::linalg::Product& product) : how(product) {}
  arrays::linalg::Product how;

  bool equals(const arrays::expression::Procedure& other) const override;
  void need(const Calling& call, std::size_t chunk, const Take& take) const override;
  void add(Graph& graph, const Calling& call, const std::vector<bool>& wanted, std::span<const Tasks* const> of, Tasks& tasks) const override;

 private:
  struct Pair { std::size_t left, right; };
  std::vector<Pair> pairs(const Calling& call, std::size_t chunk) const;
};

/// The product of arrays of one dtype whose inner lengths are equal and whose batch dimensions broadcast. Chunks of the result are those of the
/// free dimensions and the common refinement along the batch; inner dimensions are cut at the common refinement.
Array contracted(const Array& left, const Array& right, const arrays::linalg::Product& how);

/// Adds the task of `onto` (nothing: zeros) plus (or minus) the products of pairs, or several, one after the other, where all operands together are large.
runtime::graph::Index add_products(Graph& graph, const arrays::linalg::Product& how, std::vector<runtime::graph::Index> onto,
                                   std::span<const runtime::graph::Index> left, std::span<const runtime::graph::Index> right, std::int64_t pair_bytes,
                                   arrays::Dtype dtype, const arrays::Shape& shape, bool is_subtracted = false);
}  // namespace tessera::detail
