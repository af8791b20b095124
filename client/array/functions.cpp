// The functions of the standard: each gives its operands to the maker of nodes that checks them.
#include "arrays/expression/numbers.hpp"
#include "arrays/shape/broadcast.hpp"
#include "client/array/face.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tessera {
namespace expression = arrays::expression;
using arrays::kernels::Op;
using arrays::kernels::Reducer;
using arrays::kernels::Scalar;
using detail::made;
using detail::need;

namespace detail {
expression::Operand node_of(const Operand& operand) {
  return std::visit([]<class T>(const T& value) -> expression::Operand {
    if constexpr (std::is_same_v<T, Array>) return value.node();
    else if constexpr (arrays::TimeElement<T>) return Scalar::of(value);
    else return value;
  }, operand.what());
}

std::vector<expression::NodeRef> nodes_of(std::span<const Array> arrays) {
  std::vector<expression::NodeRef> nodes;
  for (const Array& one : arrays) nodes.push_back(one.node());
  return nodes;
}
}  // namespace detail

namespace {
template <class... O>
Array applied(Op op, const O&... operands) {
  // Numbers alone are arrays without dimensions.
  const bool any_array = (std::holds_alternative<Array>(operands.what()) || ...);
  const auto one = [&](const Operand& operand) { return any_array ? detail::node_of(operand) : detail::node_of(xp::asarray(operand)); };
  const expression::Operand all[] = {one(operands)...};
  return made(expression::apply(op, all));
}

Array reduced(Reducer by, const Array& x, const xp::Axis& axis, bool keepdims, std::optional<Dtype> dtype = {}, double correction = 0) {
  return made(expression::reduce(by, x.node(), axis.axes(), keepdims, dtype, correction));
}
Array reduced(Reducer by, const Array& x, const xp::ArgOptions& options) {
  return reduced(by, x, options.axis ? xp::Axis(*options.axis) : xp::Axis(), options.keepdims);
}
}  // namespace

namespace xp {
#define TESSERA_OPERANDS_1(name) \
  Array name(const Operand& x) { return applied(Op::name, x); }
#define TESSERA_OPERANDS_2(name) \
  Array name(const Operand& x1, const Operand& x2) { return applied(Op::name, x1, x2); }
#define TESSERA_OPERANDS_3(name) \
  Array name(const Operand& x1, const Operand& x2, const Operand& x3) { return applied(Op::name, x1, x2, x3); }
#define TESSERA_OP(name, operands, takes, gives) TESSERA_OPERANDS_##operands(name)
#define TESSERA_OP_WITHOUT_CAST
#include "arrays/kernels/ops.def"
#undef TESSERA_OP_WITHOUT_CAST
#undef TESSERA_OP
Array astype(const Array& x, Dtype dtype) { return made(expression::cast(x.node(), dtype)); }

Array sum(const Array& x, const SumOptions& o) { return reduced(Reducer::sum, x, o.axis, o.keepdims, o.dtype); }
Array prod(const Array& x, const SumOptions& o) { return reduced(Reducer::prod, x, o.axis, o.keepdims, o.dtype); }
Array mean(const Array& x, const ReduceOptions& o) { return reduced(Reducer::mean, x, o.axis, o.keepdims); }
Array var(const Array& x, const VarOptions& o) { return reduced(Reducer::var, x, o.axis, o.keepdims, {}, o.correction); }
Array std(const Array& x, const VarOptions& o) { return reduced(Reducer::std, x, o.axis, o.keepdims, {}, o.correction); }
Array min(const Array& x, const ReduceOptions& o) { return reduced(Reducer::min, x, o.axis, o.keepdims); }
Array max(const Array& x, const ReduceOptions& o) { return reduced(Reducer::max, x, o.axis, o.keepdims); }
Array any(const Array& x, const ReduceOptions& o) { return reduced(Reducer::any, x, o.axis, o.keepdims); }
Array all(const Array& x, const ReduceOptions& o) { return reduced(Reducer::all, x, o.axis, o.keepdims); }
Array argmin(const Array& x, const ArgOptions& o) { return reduced(Reducer::argmin, x, o); }
Array argmax(const Array& x, const ArgOptions& o) { return reduced(Reducer::argmax, x, o); }
Array count_nonzero(const Array& x, const ReduceOptions& o) { return reduced(Reducer::count_nonzero, x, o.axis, o.keepdims); }
Array nansum(const Array& x, const SumOptions& o) { return reduced(Reducer::nansum, x, o.axis, o.keepdims, o.dtype); }
Array nanprod(const Array& x, const SumOptions& o) { return reduced(Reducer::nanprod, x, o.axis, o.keepdims, o.dtype); }
Array nanmean(const Array& x, const ReduceOptions& o) { return reduced(Reducer::nanmean, x, o.axis, o.keepdims); }
Array nanvar(const Array& x, const VarOptions& o) { return reduced(Reducer::nanvar, x, o.axis, o.keepdims, {}, o.correction); }
Array nanstd(const Array& x, const VarOptions& o) { return reduced(Reducer::nanstd, x, o.axis, o.keepdims, {}, o.correction); }
Array nanmin(const Array& x, const ReduceOptions& o) { return reduced(Reducer::nanmin, x, o.axis, o.keepdims); }
Array nanmax(const Array& x, const ReduceOptions& o) { return reduced(Reducer::nanmax, x, o.axis, o.keepdims); }
Array nanargmin(const Array& x, const ArgOptions& o) { return reduced(Reducer::nanargmin, x, o); }
Array nanargmax(const Array& x, const ArgOptions& o) { return reduced(Reducer::nanargmax, x, o); }

Array rechunk(const Array& x, const ChunkSpec& chunks) { return made(expression::rechunk(x.node(), chunks)); }
Array broadcast_to(const Array& x, const arrays::Shape& shape) { return made(expression::broadcast_to(x.node(), shape)); }
arrays::Shape broadcast_shapes(const std::vector<arrays::Shape>& shapes) {
  const auto shape = arrays::shape::broadcast(shapes);
  if (shape) return *shape;
  std::string all;
  for (const arrays::Shape& one : shapes) all += (all.empty() ? "" : ", ") + arrays::to_string(one);
  throw Error(ErrorCode::invalid_argument, fmt::format("the shapes {} do not broadcast: from the last dimension on, lengths are equal or one of them is 1", all));
}
std::vector<Array> broadcast_arrays(const std::vector<Array>& arrays) {
  std::vector<arrays::Shape> shapes;
  for (const Array& one : arrays) shapes.push_back(one.shape());
  const arrays::Shape shape = broadcast_shapes(shapes);
  std::vector<Array> result;
  for (const Array& one : arrays) result.push_back(broadcast_to(one, shape));
  return result;
}
Array permute_dims(const Array& x, const std::vector<std::int64_t>& axes) { return made(expression::permute(x.node(), axes)); }
Array expand_dims(const Array& x, const Axis& axis) { return made(expression::expand(x.node(), axis.axes().value_or(std::vector<std::int64_t>{}))); }
Array squeeze(const Array& x, const Axis& axis) { return made(expression::squeeze(x.node(), axis.axes().value_or(std::vector<std::int64_t>{}))); }
Array flip(const Array& x, const Axis& axis) { return made(expression::flip(x.node(), axis.axes())); }
Array concat(const std::vector<Array>& arrays, std::int64_t axis) { return made(expression::concat(detail::nodes_of(arrays), axis)); }
Array reshape(const Array& x, const arrays::Shape& shape) { return made(expression::reshape(x.node(), shape)); }

namespace {
/// From the start; `function` is for the sentence.
std::size_t one_axis(const char* function, const Array& x, std::int64_t axis) {
  const std::int64_t wanted[] = {axis};
  return need(expression::axes_in_order(function, x.shape(), wanted))[0];
}
}  // namespace

Array matrix_transpose(const Array& x) {
  if (x.ndim() < 2) throw Error(ErrorCode::invalid_argument, "matrix_transpose: the shape " + arrays::to_string(x.shape()) + " has fewer than two dimensions");
  std::vector<std::int64_t> axes;
  for (std::size_t i = 0; i < x.ndim(); ++i) axes.push_back(static_cast<std::int64_t>(i));
  std::swap(axes[axes.size() - 2], axes[axes.size() - 1]);
  return permute_dims(x, axes);
}
Array moveaxis(const Array& x, std::int64_t source, std::int64_t destination) {
  const std::size_t from = one_axis("moveaxis", x, source), to = one_axis("moveaxis", x, destination);
  std::vector<std::int64_t> axes;
  for (std::size_t i = 0; i < x.ndim(); ++i)
    if (i != from) axes.push_back(static_cast<std::int64_t>(i));
  axes.insert(axes.begin() + static_cast<std::ptrdiff_t>(to), static_cast<std::int64_t>(from));
  return permute_dims(x, axes);
}
Array roll(const Array& x, std::int64_t shift, std::int64_t axis) {
  const std::size_t along = one_axis("roll", x, axis);
  const std::int64_t length = x.shape()[along];
  if (length == 0 || shift % length == 0) return x;
  const std::int64_t split = (length - shift % length) % length;
  std::vector<arrays::shape::Index> head(x.ndim(), Slice{}), tail = head;
  head[along] = Slice{{}, split}, tail[along] = Slice{split, {}};
  return concat({made(expression::index(x.node(), tail)), made(expression::index(x.node(), head))}, axis);
}
Array stack(const std::vector<Array>& arrays, std::int64_t axis) {
  std::vector<Array> expanded;
  for (const Array& one : arrays) {
    if (one.shape() != arrays[0].shape())
      throw Error(ErrorCode::invalid_argument, fmt::format("stack: the shapes {} and {} differ", arrays::to_string(arrays[0].shape()), arrays::to_string(one.shape())));
    expanded.push_back(expand_dims(one, axis));
  }
  return concat(expanded, axis);
}
std::vector<Array> unstack(const Array& x, std::int64_t axis) {
  const std::size_t along = one_axis("unstack", x, axis);
  std::vector<Array> all;
  std::vector<arrays::shape::Index> brackets(x.ndim(), Slice{});
  for (std::int64_t i = 0; i < x.shape()[along]; ++i) {
    brackets[along] = i;
    all.push_back(made(expression::index(x.node(), brackets)));
  }
  return all;
}
}  // namespace xp

Array operator+(const Operand& a, const Operand& b) { return xp::add(a, b); }
Array operator-(const Operand& a, const Operand& b) { return xp::subtract(a, b); }
Array operator*(const Operand& a, const Operand& b) { return xp::multiply(a, b); }
Array operator/(const Operand& a, const Operand& b) { return xp::divide(a, b); }
Array operator%(const Operand& a, const Operand& b) { return xp::remainder(a, b); }
Array operator&(const Operand& a, const Operand& b) { return xp::bitwise_and(a, b); }
Array operator|(const Operand& a, const Operand& b) { return xp::bitwise_or(a, b); }
Array operator^(const Operand& a, const Operand& b) { return xp::bitwise_xor(a, b); }
Array operator<<(const Operand& a, const Operand& b) { return xp::bitwise_left_shift(a, b); }
Array operator>>(const Operand& a, const Operand& b) { return xp::bitwise_right_shift(a, b); }
Array operator==(const Operand& a, const Operand& b) { return xp::equal(a, b); }
Array operator!=(const Operand& a, const Operand& b) { return xp::not_equal(a, b); }
Array operator<(const Operand& a, const Operand& b) { return xp::less(a, b); }
Array operator<=(const Operand& a, const Operand& b) { return xp::less_equal(a, b); }
Array operator>(const Operand& a, const Operand& b) { return xp::greater(a, b); }
Array operator>=(const Operand& a, const Operand& b) { return xp::greater_equal(a, b); }
Array Array::operator-() const { return xp::negative(*this); }
Array Array::operator~() const { return xp::bitwise_invert(*this); }
}  // namespace tessera
