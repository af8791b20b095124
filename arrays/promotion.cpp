#include "arrays/promotion.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <string>

namespace tessera::arrays {
namespace {
using runtime::ErrorCode;
using runtime::Failure;

Failure no_common(Dtype a, Dtype b) {
  const std::string pair = std::string(to_string(a)) + " and " + std::string(to_string(b));
  return {ErrorCode::type_mismatch, "there is no dtype for " + pair + " together; convert one of them with astype first"};
}

Dtype signed_of(std::size_t bytes) {
  return bytes == 1 ? Dtype::int8 : bytes == 2 ? Dtype::int16 : bytes == 4 ? Dtype::int32 : Dtype::int64;
}

bool is_number(Dtype dtype) { return dtype != Dtype::boolean && !is_time(dtype); }
}  // namespace

std::optional<bool> is_dtype(Dtype dtype, std::string_view kind) {
  if (kind == "bool") return dtype == Dtype::boolean;
  if (kind == "signed integer") return kind_of(dtype) == Kind::signed_integer;
  if (kind == "unsigned integer") return kind_of(dtype) == Kind::unsigned_integer;
  if (kind == "integral") return is_integer(dtype);
  if (kind == "real floating") return is_real_floating(dtype);
  if (kind == "complex floating") return is_complex(dtype);
  if (kind == "numeric") return is_number(dtype);
  return std::nullopt;
}

runtime::Result<Dtype> result_type(Dtype a, Dtype b) {
  if (a == b) return a;
  if (is_time(a) || is_time(b)) return no_common(a, b);
  if (kind_of(a) > kind_of(b)) std::swap(a, b);  // `b` has the wider kind.
  if (a == Dtype::boolean) return b;
  if (kind_of(a) == kind_of(b)) return size_bytes(a) > size_bytes(b) ? a : b;
  if (kind_of(b) == Kind::unsigned_integer) {
    if (b == Dtype::uint64) return no_common(a, b);
    return signed_of(std::max(size_bytes(a), 2 * size_bytes(b)));
  }
  // Floats hold integers of up to 16 bits in 32, others as well as they can in 64.
  const bool wide = is_integer(a) ? size_bytes(a) > 2 : component_of(a) == Dtype::float64;
  if (!wide) return b;
  return is_complex(b) ? Dtype::complex128 : Dtype::float64;
}

runtime::Result<Dtype> result_type(std::span<const Dtype> dtypes) {
  TESSERA_ASSERT(!dtypes.empty(), "there is no dtype to promote");
  Dtype common = dtypes.front();
  for (const Dtype one : dtypes.subspan(1)) {
    const auto next = result_type(common, one);
    if (!next) return next.failure();
    common = *next;
  }
  return common;
}

runtime::Result<Dtype> result_type(Dtype dtype, const Number& number) {
  if (const auto* integer = std::get_if<std::int64_t>(&number)) {
    if (dtype == Dtype::boolean) return Dtype::int64;
    if (dtype == Dtype::datetime64) return no_common(dtype, Dtype::int64);
    const auto limits = iinfo(dtype);
    if (!limits || (*integer >= limits->min && (*integer < 0 || static_cast<std::uint64_t>(*integer) <= limits->max))) return dtype;
    return Failure{ErrorCode::type_mismatch, std::to_string(*integer) + " is not within " + std::string(to_string(dtype)) + "; convert the array with astype first"};
  }
  if (std::holds_alternative<bool>(number)) return is_time(dtype) ? result_type(dtype, Dtype::boolean) : runtime::Result<Dtype>(dtype);
  const bool is_real = std::holds_alternative<double>(number);
  if (is_time(dtype)) return no_common(dtype, is_real ? Dtype::float64 : Dtype::complex128);
  if (is_complex(dtype)) return dtype;
  if (is_real) return is_real_floating(dtype) ? dtype : Dtype::float64;
  return dtype == Dtype::float32 ? Dtype::complex64 : Dtype::complex128;
}

bool can_cast(Dtype from, Dtype to) {
  if (from == to) return true;
  if (is_integer(from) && to == Dtype::timedelta64) return from != Dtype::uint64;
  const auto common = result_type(from, to);
  return common && *common == to;
}

bool can_convert(Dtype from, Dtype to) {
  if (from == to || to == Dtype::boolean) return from == to || kind_of(from) != Kind::datetime;
  if (is_time(from) || is_time(to)) return is_integer(from) || is_integer(to);
  return !is_complex(from) || is_complex(to);
}

Dtype component_of(Dtype dtype) {
  if (dtype == Dtype::complex64) return Dtype::float32;
  return dtype == Dtype::complex128 ? Dtype::float64 : dtype;
}

Dtype floating_of(Dtype dtype) {
  if (dtype != Dtype::boolean && !is_integer(dtype)) return dtype;
  return size_bytes(dtype) <= 2 ? Dtype::float32 : Dtype::float64;
}

std::optional<FloatInfo> finfo(Dtype dtype) {
  const Dtype part = component_of(dtype);
  if (!is_real_floating(part)) return std::nullopt;
  return with_real_type(part, [&]<class T>() {
    using Limits = std::numeric_limits<T>;
    const auto max = static_cast<double>(Limits::max());
    return FloatInfo{static_cast<int>(8 * sizeof(T)), static_cast<double>(Limits::epsilon()), max, -max, static_cast<double>(Limits::min()), part};
  });
}

std::optional<IntegerInfo> iinfo(Dtype dtype) {
  if (!is_integer(dtype)) return std::nullopt;
  return with_real_type(dtype, [&]<class T>() {
    using Limits = std::numeric_limits<T>;
    return IntegerInfo{static_cast<int>(8 * sizeof(T)), static_cast<std::int64_t>(Limits::min()), static_cast<std::uint64_t>(Limits::max()), dtype};
  });
}
}  // namespace tessera::arrays
