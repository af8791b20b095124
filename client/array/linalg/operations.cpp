#include "client/array/linalg/operations.hpp"

#include "client/operation.hpp"
#include "client/sizes.hpp"
#include "serialization/block_codec.hpp"

#include <algorithm>
#include <cstring>

namespace tessera::array_operations {
namespace linalg = arrays::linalg;
using arrays::Extent;
using arrays::Shape;

namespace {
template <class T>
T need(runtime::Result<T> result) {
  if (!result) throw Error(result.failure());
  return std::move(*result);
}
void need_all(bool holds, const char* sentence) {
  if (!holds) throw Error(ErrorCode::invalid_argument, sentence);
}
linalg::Factor factor_of(std::uint8_t which) {
  need_all(which < linalg::factor_count, "there is no such factorisation");
  return static_cast<linalg::Factor>(which);
}
std::vector<Shape> shapes_of(std::span<const Extent> extents) {
  std::vector<Shape> shapes;
  for (const Extent& one : extents) shapes.push_back(one.shape);
  return shapes;
}

Sizes product_sizes(const Given<Numbers>&, const Given<Blocks>&, const Given<Blocks>&, const Given<Blocks>&, const Given<Dtype>& dtype, const Given<Numbers>& shape,
                    const Given<bool>&) {
  return {Extent::of(dtype.value(), shape.value())};
}
Sizes factor_sizes(const Given<Blocks>& operands, const Given<std::uint8_t>& which) {
  const auto shapes = shapes_of(operands.extents());
  const Dtype dtype = operands.extent().dtype.value();
  std::uint64_t bytes = sizeof(Blocks);
  for (const auto& one : need(linalg::results_of(factor_of(which.value()), dtype, shapes))) bytes += Extent::of(one.dtype, one.shape).bytes.value;
  return {{{bytes}}, {static_cast<std::uint64_t>(linalg::scratch_bytes(factor_of(which.value()), dtype, shapes))}};
}
Sizes factor_one_sizes(const Given<Blocks>& operands, const Given<std::uint8_t>& which) {
  const auto shapes = shapes_of(operands.extents());
  const Dtype dtype = operands.extent().dtype.value();
  const auto result = need(linalg::results_of(factor_of(which.value()), dtype, shapes)).front();
  return {Extent::of(result.dtype, result.shape), {static_cast<std::uint64_t>(linalg::scratch_bytes(factor_of(which.value()), dtype, shapes))}};
}
Sizes diagonal_sizes(const Given<Block>& block, const Given<std::int64_t>&, const Given<std::int64_t>&, const Given<std::int64_t>& count) {
  Shape shape = block.extent().shape;
  shape.pop_back();
  shape.back() = count.value();
  return {Extent::of(block.extent().dtype.value(), shape)};
}
}  // namespace

Numbers packed(const linalg::Product& how) {
  return {how.batch, how.left_free, how.inner, how.right_free, static_cast<std::int64_t>(how.left), static_cast<std::int64_t>(how.right)};
}

Block product(const Numbers& how, const Blocks& onto, const Blocks& left, const Blocks& right, Dtype dtype, const Numbers& shape, bool is_subtracted) {
  need_all(how.size() == 6 && onto.size() <= 1 && static_cast<std::uint8_t>(dtype) < arrays::dtype_count, "a product has other parameters");
  for (std::size_t i = 0; i < 4; ++i) need_all(how[i] >= 0 && how[i] <= static_cast<std::int64_t>(arrays::rank_max), "a product has as many dimensions as no block");
  for (std::size_t i = 4; i < 6; ++i) need_all(how[i] >= 0 && how[i] <= static_cast<std::int64_t>(linalg::Side::adjoint), "a factor lies in no known way");
  const linalg::Product its{how[0], how[1], how[2], how[3], static_cast<linalg::Side>(how[4]), static_cast<linalg::Side>(how[5])};
  return need(linalg::sum_of_products(its, onto.empty() ? std::nullopt : std::optional(onto[0]), left, right, dtype, shape, is_subtracted));
}

Blocks factor(const Blocks& operands, std::uint8_t which) { return need(linalg::factored(factor_of(which), operands)); }
Block factor_one(const Blocks& operands, std::uint8_t which) { return factor(operands, which).front(); }

Block diagonal(const Block& block, std::int64_t row, std::int64_t column, std::int64_t count) {
  const arrays::ShapeView from = block.shape();
  need_all(from.size() >= 2 && row >= 0 && column >= 0 && count >= 0, "a diagonal has a matrix");
  const std::int64_t rows = from[from.size() - 2], columns = from[from.size() - 1];
  need_all(count == 0 || (row <= rows - count && column <= columns - count), "a diagonal is longer than its matrix");
  Shape shape(from.begin(), from.end() - 1);
  shape.back() = count;
  arrays::BlockBuilder builder(block.dtype(), shape);
  const std::size_t each = arrays::size_bytes(block.dtype());
  std::byte* to = builder.raw().data();
  if (!builder.raw().empty())
    for (std::int64_t matrix = 0; matrix < block.size() / (rows * columns); ++matrix)
      for (std::int64_t i = 0; i < count; ++i, to += each)
        std::memcpy(to, block.raw().data() + static_cast<std::size_t>((matrix * rows + row + i) * columns + column + i) * each, each);
  return std::move(builder).freeze();
}

TESSERA_OPERATION_SIZED_AS(product, "tessera.array.product", Effects::pure, product_sizes);
TESSERA_OPERATION_SIZED_AS(factor, "tessera.array.factor", Effects::pure, factor_sizes);
TESSERA_OPERATION_SIZED_AS(factor_one, "tessera.array.factor_one", Effects::pure, factor_one_sizes);
TESSERA_OPERATION_SIZED_AS(diagonal, "tessera.array.diagonal", Effects::pure, diagonal_sizes);
}  // namespace tessera::array_operations
