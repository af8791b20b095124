/// @file
/// `Array`: a lazy n-dimensional array in chunks, and in `xp` the functions of the Python array API standard under their names.
/// docs/arrays.md has the table of what exists.
///
///     auto x = xp::arange(0, 1'000'000, 1, {.dtype = Dtype::float64});
///     auto y = xp::mean(xp::sqrt(x * x + 1.0), {.axis = 0});
///     double value = y.item<double>(cluster);
#pragma once
#include "arrays/promotion.hpp"
#include "arrays/shape/slice.hpp"
#include "client/cluster.hpp"

#include <complex>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tessera {
using arrays::Block;
using arrays::Dtype;
using arrays::shape::ChunkSpec;
using arrays::shape::Ellipsis;
using arrays::shape::NewAxis;
using arrays::shape::Slice;

namespace arrays::expression {
struct Node;
}
class Bracket;
class Operand;

/// How expressions are computed. Both ways give the same bits (K7).
struct ComputeOptions {
  bool optimise = true;
};

/// An immutable expression; copies share it. All functions throw `Error` at once where shapes, axes, indices or chunks do not fit
/// (`invalid_argument`) or dtypes do not go together (`type_mismatch`), with the shapes in the sentence (E7). Nothing is computed before
/// `compute`, `item` or `persist`.
class Array {
 public:
  Dtype dtype() const;
  /// One length at most is unknown, and -1 here: of what a mask leaves (A6). What needs it refuses, and says to call `compute_chunk_sizes`.
  const arrays::Shape& shape() const;
  std::size_t ndim() const { return shape().size(); }
  /// Number of elements. Throws where a length is unknown.
  std::int64_t size() const;
  /// Lengths of the chunks along each dimension.
  const arrays::shape::Chunks& chunks() const;

  /// Basic indexing: `x[{Slice{0, 10}, -1, NewAxis{}}]`, `x[3]`. Only the chunks that it touches are computed (A7).
  /// With arrays of integers or a mask between them, NumPy's: `x[{rows, Slice{}}]`, `x[x > 0]`; chunk rules in `client/xp/indexing.hpp`.
  Array operator[](std::initializer_list<Bracket> brackets) const;
  Array operator[](const Bracket& place) const;
  /// Transposed; of two dimensions.
  Array T() const;

  /// All elements, in one block. Throws what became of the tasks.
  Block compute(Cluster& cluster, ComputeOptions options = {}) const;
  /// The element of an array of one.
  template <arrays::Element E>
  E item(Cluster& cluster) const {
    const Block block = one_element(cluster, arrays::dtype_of<E>());
    return block.data<E>()[0];
  }
  /// The same array with its chunks computed, or on their way, and kept on the cluster as long as this array or one made of it lives.
  Array persist(Cluster& cluster, ComputeOptions options = {}) const;
  /// The same array, computed and kept as by `persist`, with chunks of known lengths. Waits. An array whose lengths are known is given back.
  Array compute_chunk_sizes(Cluster& cluster, ComputeOptions options = {}) const;
  /// Which tasks there are as written and optimised, what they read and the most that one takes. For people.
  std::string explain() const;

  friend Array operator+(const Operand& a, const Operand& b);
  friend Array operator-(const Operand& a, const Operand& b);
  friend Array operator*(const Operand& a, const Operand& b);
  friend Array operator/(const Operand& a, const Operand& b);
  friend Array operator%(const Operand& a, const Operand& b);
  friend Array operator&(const Operand& a, const Operand& b);
  friend Array operator|(const Operand& a, const Operand& b);
  friend Array operator^(const Operand& a, const Operand& b);
  friend Array operator<<(const Operand& a, const Operand& b);
  friend Array operator>>(const Operand& a, const Operand& b);
  friend Array operator==(const Operand& a, const Operand& b);
  friend Array operator!=(const Operand& a, const Operand& b);
  friend Array operator<(const Operand& a, const Operand& b);
  friend Array operator<=(const Operand& a, const Operand& b);
  friend Array operator>(const Operand& a, const Operand& b);
  friend Array operator>=(const Operand& a, const Operand& b);
  Array operator-() const;
  Array operator~() const;

  explicit Array(std::shared_ptr<const arrays::expression::Node> node) : node_(std::move(node)) {}
  const std::shared_ptr<const arrays::expression::Node>& node() const { return node_; }

 private:
  Block one_element(Cluster& cluster, Dtype wanted) const;
  std::shared_ptr<const arrays::expression::Node> node_;
};

/// One place between brackets: an integer, a slice, `Ellipsis`, `NewAxis`; an array of integers; a mask, which is an array of bool.
class Bracket {
 public:
  template <class T>
    requires std::constructible_from<arrays::shape::Index, T>
  Bracket(T place) : what_(arrays::shape::Index(place)) {}
  Bracket(Array array) : what_(std::move(array)) {}
  const std::variant<arrays::shape::Index, Array>& what() const { return what_; }

 private:
  std::variant<arrays::shape::Index, Array> what_;
};

/// An array, or a number that takes the dtype of the arrays it meets: `x + 1` is of the dtype of `x`, unless that has not the kind.
class Operand {
 public:
  Operand(Array array) : what_(std::move(array)) {}
  Operand(bool value) : what_(arrays::Number(value)) {}
  Operand(std::integral auto value) : what_(arrays::Number(checked(value))) {}
  Operand(std::floating_point auto value) : what_(arrays::Number(static_cast<double>(value))) {}
  template <std::floating_point F>
  Operand(std::complex<F> value) : what_(arrays::Number(std::complex<double>(value))) {}
  Operand(arrays::Datetime value) : what_(value) {}
  Operand(arrays::Timedelta value) : what_(value) {}
  using What = std::variant<Array, arrays::Number, arrays::Datetime, arrays::Timedelta>;
  const What& what() const { return what_; }

 private:
  static std::int64_t checked(std::integral auto value) {
    if (!std::in_range<std::int64_t>(value))
      throw Error(ErrorCode::invalid_argument, "the number " + std::to_string(value) + " is beyond int64: write it as an array of uint64");
    return static_cast<std::int64_t>(value);
  }
  What what_;
};

/// The functions of the standard.
namespace xp {
/// Axes, from the end where negative; nothing means all.
class Axis {
 public:
  Axis() = default;
  Axis(std::integral auto axis) : axes_(std::vector{static_cast<std::int64_t>(axis)}) {}
  Axis(std::initializer_list<std::int64_t> axes) : axes_(axes) {}
  Axis(std::vector<std::int64_t> axes) : axes_(std::move(axes)) {}
  const std::optional<std::vector<std::int64_t>>& axes() const { return axes_; }

 private:
  std::optional<std::vector<std::int64_t>> axes_;
};

struct MakeOptions { std::optional<Dtype> dtype = {}; ChunkSpec chunks = {}; };
struct LinspaceOptions { std::optional<Dtype> dtype = {}; bool endpoint = true; ChunkSpec chunks = {}; };
struct EyeOptions { std::int64_t k = 0; std::optional<Dtype> dtype = {}; ChunkSpec chunks = {}; };

/// Creation. Default dtypes: float64, of `full`, `arange` and `asarray` by the kind of the number.
Array asarray(const Block& block, const ChunkSpec& chunks = {});
Array asarray(const Operand& number, std::optional<Dtype> dtype = {});
template <arrays::Element T>
Array asarray(const std::vector<T>& values, const ChunkSpec& chunks = {}) {
  const std::int64_t shape[] = {static_cast<std::int64_t>(values.size())};
  return asarray(Block::make<T>(arrays::ShapeView(shape), [&](std::span<T> to) {
    for (std::size_t i = 0; i < values.size(); ++i) to[i] = values[i];
  }), chunks);
}
Array zeros(const arrays::Shape& shape, const MakeOptions& options = {});
Array ones(const arrays::Shape& shape, const MakeOptions& options = {});
Array full(const arrays::Shape& shape, const Operand& value, const MakeOptions& options = {});
Array zeros_like(const Array& x, std::optional<Dtype> dtype = {});
Array ones_like(const Array& x, std::optional<Dtype> dtype = {});
Array full_like(const Array& x, const Operand& value, std::optional<Dtype> dtype = {});
Array arange(const Operand& start, const Operand& stop, const Operand& step = 1, const MakeOptions& options = {});
Array arange(const Operand& stop, const MakeOptions& options = {});
Array linspace(const Operand& start, const Operand& stop, std::int64_t num, const LinspaceOptions& options = {});
Array eye(std::int64_t rows, std::optional<std::int64_t> columns = {}, const EyeOptions& options = {});
/// Chunks that `read` adds the tasks of: `count` elements from `start` on each.
using Read = std::function<Deferred<Block>(Graph& graph, arrays::ShapeView start, arrays::ShapeView count)>;
Array from_reader(Dtype dtype, const arrays::Shape& shape, const ChunkSpec& chunks, Read read);
/// Random numbers, floats, which depend on the seed and the shape only, not on the chunks (A11): of [0, 1), and normal ones.
namespace random {
Array uniform(const arrays::Shape& shape, std::uint64_t seed, const MakeOptions& options = {});
Array normal(const arrays::Shape& shape, std::uint64_t seed, const MakeOptions& options = {});
}  // namespace random

/// Element-wise functions of one, two and three operands, which broadcast; different chunks meet at their common refinement (A3).
#define TESSERA_OPERANDS_1(name) Array name(const Operand& x);
#define TESSERA_OPERANDS_2(name) Array name(const Operand& x1, const Operand& x2);
#define TESSERA_OPERANDS_3(name) Array name(const Operand& x1, const Operand& x2, const Operand& x3);
#define TESSERA_OP(name, operands, takes, gives) TESSERA_OPERANDS_##operands(name)
#define TESSERA_OP_WITHOUT_CAST  // Its dtype is no operand: `astype`.
#include "arrays/kernels/ops.def"
#undef TESSERA_OP_WITHOUT_CAST
#undef TESSERA_OP
#undef TESSERA_OPERANDS_1
#undef TESSERA_OPERANDS_2
#undef TESSERA_OPERANDS_3
Array astype(const Array& x, Dtype dtype);

struct SumOptions { Axis axis = {}; std::optional<Dtype> dtype = {}; bool keepdims = false; };
struct ReduceOptions { Axis axis = {}; bool keepdims = false; };
struct VarOptions { Axis axis = {}; double correction = 0; bool keepdims = false; };
struct ArgOptions { std::optional<std::int64_t> axis = {}; bool keepdims = false; };
Array sum(const Array& x, const SumOptions& options = {});
Array prod(const Array& x, const SumOptions& options = {});
Array mean(const Array& x, const ReduceOptions& options = {});
Array var(const Array& x, const VarOptions& options = {});
Array std(const Array& x, const VarOptions& options = {});
Array min(const Array& x, const ReduceOptions& options = {});
Array max(const Array& x, const ReduceOptions& options = {});
Array any(const Array& x, const ReduceOptions& options = {});
Array all(const Array& x, const ReduceOptions& options = {});
Array argmin(const Array& x, const ArgOptions& options = {});
Array argmax(const Array& x, const ArgOptions& options = {});
Array count_nonzero(const Array& x, const ReduceOptions& options = {});
/// NumPy's, which leave NaN out.
Array nansum(const Array& x, const SumOptions& options = {});
Array nanprod(const Array& x, const SumOptions& options = {});
Array nanmean(const Array& x, const ReduceOptions& options = {});
Array nanvar(const Array& x, const VarOptions& options = {});
Array nanstd(const Array& x, const VarOptions& options = {});
Array nanmin(const Array& x, const ReduceOptions& options = {});
Array nanmax(const Array& x, const ReduceOptions& options = {});
Array nanargmin(const Array& x, const ArgOptions& options = {});
Array nanargmax(const Array& x, const ArgOptions& options = {});

/// The same elements in other chunks.
Array rechunk(const Array& x, const ChunkSpec& chunks);
Array broadcast_to(const Array& x, const arrays::Shape& shape);
std::vector<Array> broadcast_arrays(const std::vector<Array>& arrays);
arrays::Shape broadcast_shapes(const std::vector<arrays::Shape>& shapes);
Array permute_dims(const Array& x, const std::vector<std::int64_t>& axes);
Array matrix_transpose(const Array& x);
Array moveaxis(const Array& x, std::int64_t source, std::int64_t destination);
Array expand_dims(const Array& x, const Axis& axis);
Array squeeze(const Array& x, const Axis& axis);
Array flip(const Array& x, const Axis& axis = {});
Array roll(const Array& x, std::int64_t shift, std::int64_t axis);
Array concat(const std::vector<Array>& arrays, std::int64_t axis = 0);
Array stack(const std::vector<Array>& arrays, std::int64_t axis = 0);
std::vector<Array> unstack(const Array& x, std::int64_t axis = 0);
/// One length may be -1.
Array reshape(const Array& x, const arrays::Shape& shape);

/// Several arrays at once: what they share is computed once.
std::vector<Block> compute(Cluster& cluster, const std::vector<Array>& arrays, ComputeOptions options = {});
std::vector<Array> persist(Cluster& cluster, const std::vector<Array>& arrays, ComputeOptions options = {});
std::string explain(const std::vector<Array>& arrays);
}  // namespace xp
}  // namespace tessera
