#include "arrays/expression/numbers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <complex>
#include <type_traits>

namespace tessera::arrays::expression {
namespace {
template <class To, class From>
To converted(From value) {
  constexpr bool from_complex = std::is_same_v<From, std::complex<double>>;
  if constexpr (ComplexElement<To>) {
    using Part = typename To::value_type;
    if constexpr (from_complex) return {static_cast<Part>(value.real()), static_cast<Part>(value.imag())};
    else return {static_cast<Part>(value), Part{0}};
  } else if constexpr (TimeElement<To>) {
    if constexpr (from_complex) return {static_cast<std::int64_t>(value.real())};
    else return {static_cast<std::int64_t>(value)};
  } else if constexpr (from_complex) {
    return converted<To>(value.real());
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{};
  } else {
    return static_cast<To>(value);
  }
}
}  // namespace

Dtype default_dtype(const Number& number) {
  constexpr Dtype dtypes[] = {Dtype::boolean, Dtype::int64, Dtype::float64, Dtype::complex128};
  return dtypes[number.index()];
}

kernels::Scalar scalar_of(const Number& number, Dtype dtype) {
  return std::visit(
      [&](auto value) { return with_type(dtype, [&]<class T>() { return kernels::Scalar::of<T>(converted<T>(value)); }); }, number);
}

runtime::Result<std::vector<std::size_t>> axes_in_order(std::string_view function, ShapeView shape, std::span<const std::int64_t> axes) {
  const auto rank = static_cast<std::int64_t>(shape.size());
  std::vector<std::size_t> result;
  for (const std::int64_t axis : axes) {
    if (axis < -rank || axis >= rank)
      return runtime::Failure{runtime::ErrorCode::invalid_argument,
                              fmt::format("{}: axis {} is not one of the {} of the shape {}", function, axis, rank, to_string(shape))};
    const auto from_start = static_cast<std::size_t>(axis < 0 ? axis + rank : axis);
    if (std::ranges::find(result, from_start) != result.end())
      return runtime::Failure{runtime::ErrorCode::invalid_argument,
                              fmt::format("{}: axis {} of the shape {} is named twice", function, from_start, to_string(shape))};
    result.push_back(from_start);
  }
  return result;
}

runtime::Result<std::vector<std::size_t>> axes_of(std::string_view function, ShapeView shape, const Axes& axes) {
  if (!axes) {
    std::vector<std::size_t> all;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) all.push_back(axis);
    return all;
  }
  auto result = axes_in_order(function, shape, *axes);
  if (result) std::ranges::sort(*result);
  return result;
}
}  // namespace tessera::arrays::expression
