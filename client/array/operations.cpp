#include "client/array/operations.hpp"

#include "arrays/kernels/layout.hpp"
#include "arrays/kernels/make.hpp"
#include "arrays/shape/chunks.hpp"
#include "arrays/shape/gather.hpp"
#include "client/array/sizes.hpp"
#include "client/operation.hpp"
#include "serialization/block_codec.hpp"
#include "serialization/program_codec.hpp"

#include <algorithm>

namespace tessera::array_operations {
namespace kernels = arrays::kernels;
namespace shape = arrays::shape;

namespace {
template <class T>
T need(runtime::Result<T> result) {
  if (!result) throw Error(result.failure());
  return std::move(*result);
}
void need_all(bool holds, const char* sentence) {
  if (!holds) throw Error(ErrorCode::invalid_argument, sentence);
}
kernels::Program program_of(const Bytes& bytes, const Blocks& inputs) {
  auto program = need(kernels::decode(bytes));
  need_all(program.block_count() == inputs.size(), "a program has another number of inputs than its task");
  return program;
}
std::vector<kernels::Layout> layouts_of(const Numbers& numbers, std::size_t inputs, std::size_t rank) {
  std::vector<kernels::Layout> layouts;
  need_all(numbers.empty() || numbers.size() == inputs * (1 + rank), "the layouts of a task are not those of its inputs");
  for (auto at = numbers.begin(); at != numbers.end(); at += 1 + static_cast<std::ptrdiff_t>(rank))
    layouts.push_back({*at, {at + 1, at + 1 + static_cast<std::ptrdiff_t>(rank)}});
  return layouts;
}
/// The partial number `which` of each.
Blocks column(const std::vector<Blocks>& partials, std::size_t which) {
  Blocks all;
  for (const Blocks& one : partials) {
    need_all(which < one.size(), "a task has fewer partials than reductions");
    all.push_back(one[which]);
  }
  return all;
}
}  // namespace

Block apply(const Blocks& inputs, const Bytes& program, Dtype, const Numbers& shape, const Numbers& start, const Numbers& whole, const Numbers& layouts) {
  return need(kernels::evaluate(program_of(program, inputs), inputs, shape, {start, whole}, layouts_of(layouts, inputs.size(), shape.size()))).front();
}

Blocks reduce(const Blocks& inputs, const Bytes& bytes, const Reductions& reductions, const Numbers& shape, const Numbers& axes, const Numbers& start,
              const Numbers& whole, const Numbers& layouts) {
  std::vector<std::size_t> along;
  for (const std::int64_t axis : axes) {
    need_all(axis >= 0 && axis < static_cast<std::int64_t>(shape.size()) && (along.empty() || static_cast<std::size_t>(axis) > along.back()),
             "the axes of a reduction are not sorted, or not there");
    along.push_back(static_cast<std::size_t>(axis));
  }
  need_all(start.size() == shape.size() && whole.size() == shape.size(), "a chunk and its place have different ranks");
  return need(kernels::evaluate_and_reduce(program_of(bytes, inputs), inputs, shape, reductions, along, {start, whole},
                                           layouts_of(layouts, inputs.size(), shape.size())));
}

Blocks combine(const std::vector<Blocks>& partials, const Reductions& reductions) {
  Blocks combined;
  for (std::size_t i = 0; i < reductions.size(); ++i) combined.push_back(need(kernels::combine(reductions[i], column(partials, i))));
  return combined;
}

Block finish(const std::vector<Blocks>& partials, const Reduction& reduction, std::int64_t which, const Numbers& shape) {
  need_all(which >= 0, "there is no reduction before the first");
  const Block result = need(kernels::finish(reduction, need(kernels::combine(reduction, column(partials, static_cast<std::size_t>(which))))));
  return std::ranges::equal(result.shape(), shape) ? result : need(kernels::reshape(result, shape));
}

Block gather(const Blocks& blocks, Dtype dtype, const Numbers& shape, const Numbers& pieces) {
  need_all(static_cast<std::uint8_t>(dtype) < arrays::dtype_count, "there is no such dtype");
  return need(shape::gather(blocks, dtype, shape, need(shape::unpacked(pieces, shape.size()))));
}

Block part(const std::vector<Blocks>& of, std::int64_t number, Dtype dtype, const Numbers& shape) {
  need_all(of.size() == 1 && number >= 0 && number < std::ssize(of[0]), "a task has fewer results");
  const Block& one = of[0][static_cast<std::size_t>(number)];
  const bool fits = std::ranges::equal(one.shape(), shape, [](std::int64_t length, std::int64_t wanted) { return wanted == shape::unknown_length || length == wanted; });
  need_all(one.dtype() == dtype && fits, "a result of a task has another dtype or shape");
  return one;
}

Block reshape(const Block& block, const Numbers& shape) { return need(kernels::reshape(block, shape)); }

Block make(Dtype dtype, std::uint8_t kind, const Bytes& numbers, std::int64_t offset, const Numbers& start, const Numbers& count, const Numbers& whole) {
  need_all(static_cast<std::uint8_t>(dtype) < arrays::dtype_count, "there is no such dtype");
  need_all(start.size() == count.size() && start.size() == whole.size() && arrays::Block::size_bytes_of(dtype, count), "no block has such a box");
  const std::size_t each = arrays::size_bytes(dtype);
  need_all(numbers.size() % each == 0, "numbers of a block are of another dtype");
  kernels::Make what{static_cast<kernels::Make::Kind>(kind), {}, offset};
  for (std::size_t at = 0; at < numbers.size(); at += each) what.numbers.push_back(kernels::Scalar::of(dtype, std::span(numbers).subspan(at, each)));
  return need(kernels::made(what, dtype, start, count, whole));
}

TESSERA_OPERATION_SIZED_AS(apply, "tessera.array.apply", Effects::pure, apply_sizes);
TESSERA_OPERATION_SIZED_AS(reduce, "tessera.array.reduce", Effects::pure, reduce_sizes);
TESSERA_OPERATION_SIZED_AS(combine, "tessera.array.combine", Effects::pure, combine_sizes);
TESSERA_OPERATION_SIZED_AS(finish, "tessera.array.finish", Effects::pure, finish_sizes);
TESSERA_OPERATION_SIZED_AS(gather, "tessera.array.gather", Effects::pure, gather_sizes);
TESSERA_OPERATION_SIZED_AS(part, "tessera.array.part", Effects::pure, part_sizes);
TESSERA_OPERATION_SIZED_AS(reshape, "tessera.array.reshape", Effects::pure, reshape_sizes);
TESSERA_OPERATION_SIZED_AS(make, "tessera.array.make", Effects::pure, make_sizes);
}  // namespace tessera::array_operations
