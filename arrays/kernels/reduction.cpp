#include "arrays/kernels/reduction.hpp"

#include "arrays/promotion.hpp"

#include <string>

namespace tessera::arrays::kernels {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

constexpr std::string_view names[reducer_count] = {"sum",    "prod",   "min",     "max",    "mean",   "var",       "std",
                                                   "any",    "all",    "argmin",  "argmax", "count_nonzero",      "nansum",
                                                   "nanprod", "nanmin", "nanmax", "nanmean", "nanvar", "nanstd",  "nanargmin",
                                                   "nanargmax"};

/// What sums of such elements are: small integers and bool widen as in NumPy (rule A5).
Dtype widened(Dtype dtype) {
  if (dtype == Dtype::boolean || kind_of(dtype) == Kind::signed_integer) return Dtype::int64;
  return kind_of(dtype) == Kind::unsigned_integer ? Dtype::uint64 : dtype;
}

/// The dtype of the result, if the reducer takes such elements.
std::optional<Dtype> result_of(Reducer by, Dtype elements) {
  const Kind kind = kind_of(elements);
  const bool is_point = kind == Kind::datetime, is_length = kind == Kind::timedelta;
  switch (by) {
    case Reducer::sum:
    case Reducer::nansum:
      if (is_point) return std::nullopt;
      return widened(elements);
    case Reducer::prod:
    case Reducer::nanprod:
      if (is_point || is_length) return std::nullopt;
      return widened(elements);
    case Reducer::min:
    case Reducer::max:
    case Reducer::nanmin:
    case Reducer::nanmax:
      if (is_complex(elements)) return std::nullopt;
      return elements;
    case Reducer::mean:
    case Reducer::nanmean:
    case Reducer::var:
    case Reducer::nanvar:
    case Reducer::std:
    case Reducer::nanstd: {
      if (is_point || is_length) return std::nullopt;
      const bool is_mean = by == Reducer::mean || by == Reducer::nanmean;
      if (is_real_floating(elements) || is_complex(elements)) return is_mean ? elements : component_of(elements);
      return Dtype::float64;
    }
    case Reducer::argmin:
    case Reducer::argmax:
    case Reducer::nanargmin:
    case Reducer::nanargmax:
      if (is_complex(elements)) return std::nullopt;
      return Dtype::int64;
    case Reducer::any:
    case Reducer::all:
      if (is_point || is_length) return std::nullopt;
      return Dtype::boolean;
    case Reducer::count_nonzero:
      if (is_point || is_length) return std::nullopt;
      return Dtype::int64;
  }
  return std::nullopt;
}
}  // namespace

std::string_view to_string(Reducer reducer) { return names[static_cast<std::uint8_t>(reducer)]; }

std::optional<Reducer> reducer_named(std::string_view name) {
  for (std::uint8_t i = 0; i < reducer_count; ++i)
    if (names[i] == name) return static_cast<Reducer>(i);
  return std::nullopt;
}

runtime::Result<Reduction> reduction_of(Reducer by, Dtype elements, std::optional<Dtype> dtype, double correction) {
  const bool has_dtype = by == Reducer::sum || by == Reducer::nansum || by == Reducer::prod || by == Reducer::nanprod;
  if (dtype && !has_dtype) return Failure{ErrorCode::invalid_argument, std::string(to_string(by)) + " has no argument dtype"};
  if (dtype) elements = *dtype;
  const auto result = result_of(by, elements);
  if (!result) return Failure{ErrorCode::type_mismatch, std::string(to_string(by)) + " is not defined for " + std::string(to_string(elements))};
  return Reduction{by, elements, dtype.value_or(*result), correction};
}

runtime::Result<void> check(const Reduction& reduction) {
  const auto number = [](auto one) { return static_cast<std::uint8_t>(one); };
  if (number(reduction.by) >= reducer_count || number(reduction.elements) >= dtype_count || number(reduction.result) >= dtype_count)
    return Failure{ErrorCode::invalid_argument, "a reduction has a reducer or dtype that is not known"};
  const auto usual = reduction_of(reduction.by, reduction.elements);
  if (!usual) return usual.failure();
  // An explicit dtype of a sum is that of its elements, too.
  if (reduction.result == usual->result) return {};
  const auto asked = reduction_of(reduction.by, reduction.elements, reduction.result);
  if (asked && asked->elements == reduction.elements && asked->result == reduction.result) return {};
  return Failure{ErrorCode::type_mismatch, std::string(to_string(reduction.by)) + " of " + std::string(to_string(reduction.elements)) + " does not give " +
                                               std::string(to_string(reduction.result))};
}

PartialForm partial_form(const Reduction& reduction) {
  const Dtype elements = reduction.elements;
  const Dtype wide = is_complex(elements) ? Dtype::complex128 : is_real_floating(elements) ? Dtype::float64 : widened(elements);
  switch (reduction.by) {
    case Reducer::sum:
    case Reducer::nansum:
    case Reducer::prod:
    case Reducer::nanprod: return {wide, 1};
    case Reducer::min:
    case Reducer::max:
    case Reducer::nanmin:
    case Reducer::nanmax: return {elements, 1};
    case Reducer::any:
    case Reducer::all: return {Dtype::boolean, 1};
    case Reducer::count_nonzero: return {Dtype::int64, 1};
    case Reducer::argmin:
    case Reducer::argmax:
    case Reducer::nanargmin:
    case Reducer::nanargmax: return {is_time(elements) ? Dtype::int64 : wide, 2};  // Values and indices.
    case Reducer::mean:
    case Reducer::nanmean: return {is_complex(elements) ? Dtype::complex128 : Dtype::float64, 2};  // Sums and counts.
    default: break;
  }
  return {is_complex(elements) ? Dtype::complex128 : Dtype::float64, 3};  // Counts, means and sums of squared deviations.
}
}  // namespace tessera::arrays::kernels
